--liquibase formatted sql

--changeset harbour:create-booking
CREATE TABLE booking (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    berth varchar(20) NOT NULL REFERENCES berth (name),
    ship varchar(80) NOT NULL,
    arrival date NOT NULL,
    departure date NOT NULL
);
--rollback DROP TABLE booking;

--changeset harbour:booking-rules
ALTER TABLE booking ADD CONSTRAINT booking_days CHECK (departure > arrival);
ALTER TABLE booking ADD COLUMN booked_at timestamptz;
UPDATE booking SET booked_at = now();
ALTER TABLE booking ALTER COLUMN booked_at SET DEFAULT now(), ALTER COLUMN booked_at SET NOT NULL;
--rollback ALTER TABLE booking DROP COLUMN booked_at; ALTER TABLE booking DROP CONSTRAINT booking_days;

--changeset harbour:book-berth-function splitStatements:false runOnChange:true
CREATE OR REPLACE FUNCTION book_berth(wanted varchar, visitor varchar, first_day date, last_day date)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM berth WHERE name = wanted FOR UPDATE;
    IF NOT FOUND OR EXISTS (SELECT 1 FROM booking b
            WHERE b.berth = wanted AND daterange(b.arrival, b.departure) && daterange(first_day, last_day)) THEN
        RETURN false;
    END IF;
    INSERT INTO booking (berth, ship, arrival, departure) VALUES (wanted, visitor, first_day, last_day);
    RETURN true;
END $$;
--rollback DROP FUNCTION book_berth(varchar, varchar, date, date);
