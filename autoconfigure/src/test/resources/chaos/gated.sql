--liquibase formatted sql

--changeset me:0 splitStatements:false
create trigger pass_row before insert on databasechangelog for each row execute function pass_row();
create constraint trigger pass_commit after insert on databasechangelog deferrable initially deferred
	for each row execute function pass_commit();
create trigger pass_renewal before update on lockkeeper_lock for each row execute function pass_renewal();

--changeset me:1
--preconditions onFail:HALT onError:HALT
--precondition-sql-check expectedResult:t select pass('before 1') is not null
create table t1 (id int primary key);
select pass('begin 1');
insert into t1 values (1);
select pass('end 1');

--changeset me:2
--preconditions onFail:HALT onError:HALT
--precondition-sql-check expectedResult:t select pass('before 2') is not null
create table t2 (id int primary key);
select pass('begin 2');
insert into t2 values (2);
select pass('end 2');

--changeset me:3
--preconditions onFail:HALT onError:HALT
--precondition-sql-check expectedResult:t select pass('before 3') is not null
create table t3 (id int primary key);
select pass('begin 3');
insert into t3 values (3);
select pass('end 3');

--changeset me:4
--preconditions onFail:HALT onError:HALT
--precondition-sql-check expectedResult:t select pass('before 4') is not null
create table t4 (id int primary key);
select pass('begin 4');
insert into t4 values (4);
select pass('end 4');

--changeset me:5
--preconditions onFail:HALT onError:HALT
--precondition-sql-check expectedResult:t select pass('before 5') is not null
create table t5 (id int primary key);
select pass('begin 5');
insert into t5 values (5);
select pass('end 5');
