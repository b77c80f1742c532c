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
