--liquibase formatted sql

--changeset compatibility:note
create table note (id int primary key);
