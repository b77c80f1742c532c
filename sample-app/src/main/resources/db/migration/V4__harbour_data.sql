INSERT INTO quay (name, depth_metres) VALUES
    ('North Quay', 11.5),
    ('South Quay', 8.0);

INSERT INTO berth (name, quay, length_metres) VALUES
    ('N1', 'North Quay', 180),
    ('N2', 'North Quay', 220),
    ('S1', 'South Quay', 90),
    ('S2', 'South Quay', 60);
