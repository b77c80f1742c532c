CREATE TABLE booking (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    berth varchar(20) NOT NULL REFERENCES berth (name),
    ship varchar(80) NOT NULL,
    arrival date NOT NULL,
    departure date NOT NULL
);
