CREATE TABLE tally (what varchar(32) PRIMARY KEY, times int NOT NULL);
INSERT INTO tally VALUES ('statements-in-one', 1), ('custom-sql', 0), ('custom-task', 0), ('slow', 0);
UPDATE tally SET times = times + 10;
