"""Pages of the calendar for citizens and staff, as values of `core.pages`: months and days, bookings, pairs, groups, the counter's day, upkeep."""
