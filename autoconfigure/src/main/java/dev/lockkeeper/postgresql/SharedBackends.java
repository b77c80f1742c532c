// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

import dev.lockkeeper.thread.DaemonThread;
import dev.lockkeeper.waiting.UnansweredTime;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Proves that connections share backends, as they do behind a pooler that gives every
 * transaction any backend that is free. Then a connection is no session: what is set or
 * recorded for it counts for the statements of others.
 * <p>
 * There are two proofs, and neither is possible when a connection keeps its backend as
 * long as it lives: a connection changes its backend, or two connections that live at the
 * same time have the same one. So the connections are queried for their backends in turn.
 * A pooler with nothing else to do gives the second one the backend of the first; a busy
 * one gives whichever is free, and soon another one than before.
 *
 * @since 0.1.0
 */
public final class SharedBackends {

	private static final Log logger = LogFactory.getLog(SharedBackends.class);

	/**
	 * A run has as many open at once.
	 */
	private static final int NEEDED = 2;

	/**
	 * Poolers may share an address: of three connections, two meet in one of two poolers.
	 */
	private static final int WANTED = 3;

	private static final int TURNS = 5;

	private static final Duration TIMEOUT = Duration.ofSeconds(10);

	private static final Duration PATIENCE_WITH_MORE = Duration.ofSeconds(2);

	private final Opener opener;

	private final boolean own;

	private final List<Witness> witnesses = new ArrayList<>();

	private SharedBackends(Opener opener, boolean own) {
		this.opener = opener;
		this.own = own;
	}

	/**
	 * Search for a proof that connections share backends. That none is found proves
	 * nothing. Nothing is written, and no transaction is left open.
	 * @param opener opens connections in which no transaction is open
	 * @param own whether they are ours: then there must be two, and one that does not
	 * open, or does not answer, within ten seconds is a failure. They are opened on
	 * another thread. When they are the user's, one is enough.
	 * @return the proof in words, or {@code null} when there is none, as always when the
	 * connections are not those of PostgreSQL's driver, or when the server does not show
	 * its sessions
	 * @throws SQLException when the server does not answer, or gives too few connections
	 */
	public static @Nullable String findProof(Opener opener, boolean own) throws SQLException {
		SharedBackends search = new SharedBackends(opener, own);
		try {
			String proof = search.call();
			for (int turn = 1; proof == null && turn < TURNS; turn++) {
				proof = search.compareAll();
			}
			return proof;
		}
		catch (SQLException ex) {
			if (SqlStates.isWithheld(ex.getSQLState())) {
				logger.debug("lockkeeper - the server does not show which backend a connection has", ex);
				return null;
			}
			throw ex;
		}
		finally {
			search.witnesses.forEach(Witness::close);
		}
	}

	/**
	 * Return whether something that is not the server has answered a new connection, as a
	 * pooler does: it gives its client a key of its own to cancel statements by, with
	 * another process identifier than that of the backend. That is worth
	 * {@linkplain #findProof a search for a proof}, and is none: a pooler may share
	 * backends or not.
	 * @param connection a connection to PostgreSQL
	 * @return whether the identifiers differ
	 * @throws SQLException when the server does not show that of the backend
	 */
	public static boolean mayBeShared(Connection connection) throws SQLException {
		return connection.unwrap(PGConnection.class).getBackendPID() != backendOf(connection).pid();
	}

	private @Nullable String call() throws SQLException {
		String proof = null;
		int wanted = this.own ? WANTED : NEEDED;
		while (proof == null && this.witnesses.size() < wanted) {
			boolean needed = this.witnesses.size() < (this.own ? NEEDED : 1);
			Witness witness = needed ? open(TIMEOUT, true) : openOneMore();
			if (witness == null) {
				break;
			}
			proof = compare(witness);
			this.witnesses.add(witness);
		}
		return proof;
	}

	private @Nullable Witness open(Duration timeout, boolean needed) throws SQLException {
		Connection connection = this.own ? openWithin(timeout) : this.opener.open();
		try {
			if (PostgreSql.isServing(connection)) {
				if (this.own) {
					connection.setNetworkTimeout(Runnable::run, (int) timeout.toMillis());
				}
				Backend backend = backendOf(connection);
				if (backend.start() != null) {
					return new Witness(connection, backend, needed);
				}
			}
			connection.close();
			return null;
		}
		catch (SQLException ex) {
			connection.close();
			throw ex;
		}
	}

	// A pooler without a free backend lets a new connection wait for one
	private Connection openWithin(Duration timeout) throws SQLException {
		CompletableFuture<Connection> opened = new CompletableFuture<>();
		Thread opening = DaemonThread.start("lockkeeper-open", () -> open(opened));
		try {
			if (UnansweredTime.join(opening, timeout)) {
				return opened.get();
			}
			giveUp(opened);
			throw new SQLException(
					"no %sconnection within %ds%s".formatted(this.witnesses.isEmpty() ? "" : "second ",
							timeout.toSeconds(), this.witnesses.isEmpty() ? "" : ", but a run has two open at once"),
					SqlStates.CONNECTION_NOT_ESTABLISHED);
		}
		catch (ExecutionException ex) {
			if (ex.getCause() instanceof RuntimeException failure) {
				throw failure;
			}
			if (ex.getCause() instanceof Error error) {
				throw error;
			}
			throw (ex.getCause() instanceof SQLException failure) ? failure : new SQLException(ex.getCause());
		}
		catch (InterruptedException ex) {
			giveUp(opened);
			Thread.currentThread().interrupt();
			throw new SQLException("interrupted", SqlStates.CONNECTION_NOT_ESTABLISHED, ex);
		}
	}

	private void open(CompletableFuture<Connection> opened) {
		try {
			Connection connection = this.opener.open();
			if (!opened.complete(connection)) {
				close(connection);
			}
		}
		catch (SQLException | RuntimeException | Error ex) {
			opened.completeExceptionally(ex);
		}
	}

	private static void giveUp(CompletableFuture<Connection> opened) {
		if (!opened.cancel(false) && !opened.isCompletedExceptionally()) {
			close(opened.join());
		}
	}

	private static void close(Connection connection) {
		try {
			connection.close();
		}
		catch (SQLException ex) {
			logger.debug("lockkeeper - a connection could not be closed", ex);
		}
	}

	private @Nullable Witness openOneMore() {
		try {
			return open(PATIENCE_WITH_MORE, false);
		}
		catch (SQLException ex) {
			logger.debug("lockkeeper - one connection less to compare the backends of", ex);
			return null;
		}
	}

	private @Nullable String compare(Witness witness) throws SQLException {
		for (Witness other : this.witnesses) {
			if (other.backend().equals(witness.backend())) {
				// Any answer shows that the other connection has lived all along
				backendOf(other.connection());
				return "two connections that are open at once have the same backend, pid %d"
					.formatted(witness.backend().pid());
			}
		}
		return null;
	}

	private @Nullable String compareAll() throws SQLException {
		for (Witness witness : List.copyOf(this.witnesses)) {
			try {
				Backend now = backendOf(witness.connection());
				if (!now.equals(witness.backend())) {
					return "one connection has had two backends, pid %d and then %d".formatted(witness.backend().pid(),
							now.pid());
				}
			}
			catch (SQLException ex) {
				if (witness.needed()) {
					throw ex;
				}
				logger.debug("lockkeeper - one connection less to compare the backends of", ex);
				this.witnesses.remove(witness);
				witness.close();
			}
		}
		return null;
	}

	// A transaction that stays open would keep its backend
	private static Backend backendOf(Connection connection) throws SQLException {
		Backend backend = Backend.of(connection);
		if (!connection.getAutoCommit()) {
			connection.rollback();
		}
		return backend;
	}

	/**
	 * Opens connections.
	 */
	@FunctionalInterface
	public interface Opener {

		/**
		 * Open a connection.
		 * @return the connection, which is closed after its use
		 * @throws SQLException when there is none
		 */
		Connection open() throws SQLException;

	}

	/**
	 * A connection that can show its backend.
	 *
	 * @param connection the connection
	 * @param backend the backend that it had at first
	 * @param needed whether nothing can be proved without it
	 */
	private record Witness(Connection connection, Backend backend, boolean needed) {

		void close() {
			SharedBackends.close(this.connection);
		}

	}

}
