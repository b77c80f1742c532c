CREATE TABLE quay (
    name varchar(40) PRIMARY KEY,
    depth_metres numeric(4,1) NOT NULL
);

CREATE TABLE berth (
    name varchar(20) PRIMARY KEY,
    quay varchar(40) NOT NULL CONSTRAINT berth_quay_fk REFERENCES quay (name),
    length_metres int NOT NULL
);
