CREATE OR REPLACE VIEW harbour_board AS
SELECT b.name, b.quay, b.length_metres,
    (SELECT count(*) FROM booking k WHERE k.berth = b.name)::int AS bookings,
    (SELECT k.ship FROM booking k WHERE k.berth = b.name AND k.departure > current_date
        ORDER BY k.arrival LIMIT 1) AS next_ship
FROM berth b;
