--liquibase formatted sql

--changeset harbour:index-booking-by-berth
CREATE INDEX booking_berth ON booking (berth, arrival);

--changeset harbour:index-booking-by-ship runInTransaction:false
CREATE INDEX CONCURRENTLY booking_ship ON booking (ship);
--rollback DROP INDEX CONCURRENTLY booking_ship;
