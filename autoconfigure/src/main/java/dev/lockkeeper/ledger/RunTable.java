// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import dev.lockkeeper.dialect.Dialect;
import dev.lockkeeper.postgresql.SelectGrants;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunLedger;
import dev.lockkeeper.schema.RunRecord;
import dev.lockkeeper.schema.RunStart;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * The table of the runs. Times in it are UTC, by the clock of the process that wrote
 * them; the order of the runs is that of their numbers, which are given under the lock.
 * Texts that are too long are cut.
 *
 * @since 0.1.0
 */
public final class RunTable implements RunLedger {

	private static final String NEXT = "SELECT COALESCE(MAX(run_number), 0) + 1 FROM %s WHERE history = :history";

	// A run that goes on after other runs gets a new number, because the numbers are
	// the order
	private static final String BEGIN_AGAIN = "UPDATE %s SET run_number = CASE WHEN run_number = :last "
			+ "THEN run_number ELSE :next END, holder = :holder, status = NULL, code = NULL, applied = NULL, "
			+ "to_version = NULL, message = NULL, finished_at = NULL WHERE run_id = :run_id";

	private static final String PRUNE = "DELETE FROM %s WHERE history = :history AND run_number <= :last";

	private static final String READ = "SELECT * FROM %s WHERE history = :history ORDER BY run_number DESC";

	private static final String OPEN = "SELECT * FROM %s WHERE lock_name = :lock_name AND status IS NULL "
			+ "AND run_id <> :run_id";

	private static final Log logger = LogFactory.getLog(RunTable.class);

	private final int maxRuns;

	private final OpenRuns openRuns = new OpenRuns();

	/**
	 * Create the ledger.
	 * @param maxRuns the most runs that are kept of each history
	 */
	public RunTable(int maxRuns) {
		this.maxRuns = maxRuns;
	}

	@Override
	public void begin(Connection connection, Schema schema, RunStart run, Instant now) throws SQLException {
		int version = upgrade(connection, schema);
		use(connection, (client) -> {
			closeOpenRuns(client, connection, schema, run, now);
			if (!beginAgain(client, schema, run)) {
				prune(client, schema, insert(client, schema, run));
			}
			return RunRow.complete(client, schema, run, version);
		});
	}

	private static int upgrade(Connection connection, Schema schema) throws SQLException {
		return RunRow.table(Dialect.of(connection)).upgrade(connection, schema.runs(), schema.history());
	}

	private static boolean beginAgain(JdbcClient client, Schema schema, RunStart run) {
		long next = nextNumber(client, schema);
		return client.sql(BEGIN_AGAIN.formatted(schema.runs()))
			.param("last", next - 1)
			.param("next", next)
			.param("holder", RunRow.cut(run.holder(), RunRow.NAME), Types.VARCHAR)
			.param("run_id", run.runId())
			.update() == 1;
	}

	private static long insert(JdbcClient client, Schema schema, RunStart run) {
		long number = nextNumber(client, schema);
		RunRow.insert(client, schema, run, number);
		return number;
	}

	private static long nextNumber(JdbcClient client, Schema schema) {
		return client.sql(NEXT.formatted(schema.runs()))
			.param("history", schema.name())
			.query((rows, row) -> rows.getLong(1))
			.single();
	}

	private void prune(JdbcClient client, Schema schema, long newest) {
		client.sql(PRUNE.formatted(schema.runs()))
			.param("history", schema.name())
			.param("last", newest - this.maxRuns)
			.update();
	}

	// The lock is queried after the runs were read: a process that takes it meanwhile
	// has no run among them
	private static void closeOpenRuns(JdbcClient client, Connection connection, Schema schema, RunStart run,
			Instant now) throws SQLException {
		List<RunRow> open = client.sql(OPEN.formatted(schema.runs()))
			.param("lock_name", schema.lockName())
			.param("run_id", run.runId())
			.query((rows, row) -> RunRow.read(rows))
			.list();
		if (open.isEmpty()) {
			return;
		}
		Optional<LockHolder> holder;
		try {
			holder = schema.lock().findHolder(connection);
		}
		catch (SQLException | RuntimeException ex) {
			// The runs stay open, for a later holder to close
			logger.debug("lockkeeper - not known which process holds the lock", ex);
			return;
		}
		for (RunRow row : open) {
			if (holder.filter((found) -> found.holder().equals(row.run().start().holder())).isPresent()) {
				continue;
			}
			boolean same = row.history().equals(schema.name());
			RunEnd end = RunEnd.crashed(same ? Math.max(0, run.rows() - row.run().start().rows()) : 0,
					same ? run.from() : null, now);
			RunRow.end(client, schema, row.run().start().runId(), end, null, true);
		}
	}

	@Override
	public void blocked(Connection connection, Schema schema, RunStart run) throws SQLException {
		int version = RunRow.table(Dialect.of(connection)).findVersion(connection, schema.runs());
		use(connection, (client) -> RunRow.block(client, schema, run, version));
	}

	@Override
	public void end(Connection connection, Schema schema, RunRecord run) throws SQLException {
		RunEnd end = run.end();
		if (end == null) {
			throw new IllegalArgumentException("The run has not ended");
		}
		RunStart start = run.start();
		if (!writeEnd(connection, schema, start, end)) {
			int version = upgrade(connection, schema);
			use(connection, (client) -> {
				insert(client, schema, start);
				return RunRow.complete(client, schema, start, version);
			});
			writeEnd(connection, schema, start, end);
		}
		// The run itself may have granted the right to read the history
		SelectGrants.copy(connection, schema.history(), schema.runs());
	}

	private static boolean writeEnd(Connection connection, Schema schema, RunStart start, RunEnd end)
			throws SQLException {
		try {
			return use(connection, (client) -> RunRow.end(client, schema, start.runId(), end, start.lockWait(), false));
		}
		catch (SQLException ex) {
			if (SqlStates.isUndefinedTable(SqlStates.of(ex))) {
				return false;
			}
			throw ex;
		}
	}

	@Override
	public List<RunRecord> read(Connection connection, Schema schema, Found found, int limit) throws SQLException {
		try {
			return this.openRuns.judge(() -> read(connection, schema, limit), connection, schema.lock(), found);
		}
		catch (SQLException ex) {
			if (!SqlStates.isUndefinedTable(SqlStates.of(ex))) {
				throw ex;
			}
			return List.of();
		}
	}

	private static List<RunRecord> read(Connection connection, Schema schema, int limit) throws SQLException {
		return use(connection,
				(client) -> client.sql(READ.formatted(schema.runs()))
					.withMaxRows(limit)
					.param("history", schema.name())
					.query((rows, row) -> RunRow.read(rows).run())
					.list());
	}

	private static <T> T use(Connection connection, Use<T> action) throws SQLException {
		try {
			return action.with(JdbcClient.create(new SingleConnectionDataSource(connection, true)));
		}
		catch (DataAccessException ex) {
			throw (ex.getCause() instanceof SQLException cause) ? cause : new SQLException(ex);
		}
	}

	/**
	 * What is done with the table.
	 *
	 * @param <T> what comes of it
	 */
	@FunctionalInterface
	private interface Use<T extends @Nullable Object> {

		T with(JdbcClient client) throws SQLException;

	}

}
