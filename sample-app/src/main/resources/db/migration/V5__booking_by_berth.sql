CREATE INDEX booking_berth ON booking (berth, arrival);
