// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.util.Arrays;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class NamedTablesTests {

	@Test
	void findsTablesThatAreCreated() {
		assertThat(of("CREATE TABLE BATCH_JOB (id INT)", "create table if not exists \"Ship\" (id int)",
				"create unlogged table harbour.berth(id int)", "create temporary table passing (id int)",
				"create index concurrently ship_id on ship (id)", "insert into tables values ('create table no (')"))
			.isEqualTo("batch_job \"Ship\" harbour.berth | ");
	}

	@Test
	void findsTablesThatAreDropped() {
		assertThat(
				of("DROP TABLE IF EXISTS QRTZ_LOCKS", "drop table a, b.c cascade", "CREATE TABLE QRTZ_LOCKS (id INT)"))
			.isEqualTo("qrtz_locks | qrtz_locks a b.c");
	}

	@Test
	void aTableThatDoesNotStayIsNotCreated() {
		assertThat(of("create table copy (id int)", "drop table copy", "create table fresh (id int)",
				"alter table fresh rename to ship", "create table crane (id int)", "alter table crane set schema yard"))
			.isEqualTo(" | copy");
	}

	@Test
	void aTableIsInTheSchemaThatWasSetBefore() {
		assertThat(
				of("CREATE SCHEMA IF NOT EXISTS events", "SET search_path TO events", "CREATE TABLE IF NOT EXISTS x ()",
						"set local search_path = 'other'", "create table y ()", "set search_path to default",
						"create table z ()", "set search_path = a, b", "reset search_path", "create table `w` ()"))
			.isEqualTo("events.x other.y z w | ");
	}

	@Test
	void commentsDoNotHide() {
		assertThat(of("-- the first\ncreate /* one */ table\n ship (id int)")).isEqualTo("ship | ");
	}

	private static String of(String... statements) {
		NamedTables tables = NamedTables.of(Arrays.asList(statements));
		return String.join(" ", tables.created().stream().map(Object::toString).toList()) + " | "
				+ String.join(" ", tables.dropped().stream().map(Object::toString).toList());
	}

}
