// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

/**
 * Where a lock is kept.
 *
 * @param name the name of the lock
 * @param table the qualified name of the table that holds it
 * @param readableLike the qualified name of a table whose readers may read that one too,
 * if there is such a table
 * @param connections opens connections to the database that holds it
 * @param shared whether these come from the pool of the user, and go back to it: then
 * nothing is set on their sessions, and none of them is recorded
 * @since 0.1.0
 */
public record LockAddress(String name, String table, @Nullable String readableLike, DataSource connections,
		boolean shared) {
}
