-- What the vendor has already: a resident table that knows the citizen once they are linked, and the counter's own receptions.
CREATE TABLE IF NOT EXISTS resident (
  citizen_id VARCHAR(64) PRIMARY KEY,
  ward_cd VARCHAR(20),
  birth_date DATE
);
CREATE TABLE IF NOT EXISTS reception (
  number VARCHAR(20) PRIMARY KEY,
  booking_id VARCHAR(64) NOT NULL,
  clerk VARCHAR(64) NOT NULL
);
