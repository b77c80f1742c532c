// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

/**
 * Tests for {@link PassedOverComments}.
 */
class PassedOverCommentsTests {

	@Test
	void areAllThatStandBeforeTheLastOneOfAChangeSetAndBeforeTheFirstChangeSet() {
		assertThat(PassedOverComments.parse("""
				--liquibase formatted sql
				-- a word
				--changeset me:1
				--comment one
				SELECT 1;
				  --changeset "the others":"b 2" runInTransaction:false
				-- comment: one
				--comment two
				SELECT 1; --comment no comment of Liquibase
				--COMMENT three
				--changeset me:3
				SELECT 1;
				""")).containsOnly(entry("me:1", List.of("--liquibase formatted sql", "-- a word")),
				entry("the others:b 2", List.of("one", "two")), entry("me:3", List.of()));
	}

}
