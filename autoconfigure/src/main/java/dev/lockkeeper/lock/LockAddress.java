// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

import javax.sql.DataSource;

/**
 * The schema that a lock is for.
 *
 * @param name the name of the lock: the same in all processes that migrate the schema,
 * and another one for each other schema of the same database. A lock that is kept
 * elsewhere adds what names the database.
 * @param table the qualified name, as SQL writes it, of the table for a lock that is kept
 * in the database of the schema; it need not exist
 * @param connections opens connections to the database of the schema, which are in
 * auto-commit mode, and which the caller closes; never those that a run works with
 * @since 0.1.0
 */
public record LockAddress(String name, String table, DataSource connections) {
}
