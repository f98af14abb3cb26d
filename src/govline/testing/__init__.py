"""Public aids for tests: real servers, conformance suites, fakes. Nothing here is loaded by the library itself."""
