ALTER TABLE booking ADD CONSTRAINT booking_days CHECK (departure > arrival);
ALTER TABLE booking ADD COLUMN booked_at timestamptz;
UPDATE booking SET booked_at = now();
ALTER TABLE booking ALTER COLUMN booked_at SET DEFAULT now(), ALTER COLUMN booked_at SET NOT NULL;
