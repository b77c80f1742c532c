-- Flyway executes it outside of a transaction, because PostgreSQL refuses it in one
CREATE INDEX CONCURRENTLY booking_ship ON booking (ship);
