// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.fastpath;

/**
 * The tables from which a schema is recognised, as far as they are known without the
 * engine. Names are those that SQL writes; a name without a schema is one of the search
 * path.
 *
 * @param table the history
 * @param order the column by which its rows are in order
 * @param lease the table of the leases
 * @param manifests the table of the manifests
 * @param free a condition that holds while no process holds the engine's own lock
 * @param columns the columns of the last row that the engine wants to have, of the alias
 * {@code h}
 * @param lastFirst what orders the rows so that the one executed last is the first
 * @since 0.1.0
 */
public record History(String table, String order, String lease, String manifests, String free, String columns,
		String lastFirst) {

}
