--liquibase formatted sql

--changeset compatibility:broken
insert into nowhere values (1);
