// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

import dev.lockkeeper.schema.RunActivity.Blocker;

/**
 * Other sessions were in the way of a change set, which was or will be rolled back.
 *
 * @param cause what the database has answered
 * @param timeout how long the change set waits for such locks; zero for as long as it
 * takes
 * @param onTables whether it is known to have waited for tables, and not for rows
 * @param blockers the sessions for which it has waited, as far as they were seen
 * @since 0.1.0
 */
public record LockFailure(SQLException cause, Duration timeout, boolean onTables, List<Blocker> blockers) {

}
