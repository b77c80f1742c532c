// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.testsupport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/**
 * Stands between the clients of one run and PostgreSQL, on the loopback interface alone.
 * It understands where a request begins and where its answer ends, so that it can end
 * every connection at a point that has a name: the connection by the order of opening,
 * the request by its number there (0 is the login), and the {@link Moment}. What it
 * forwards it does not change. Safe for use by several threads.
 */
public final class PostgresRelay implements AutoCloseable {

	private final ServerSocket listener;

	private final InetSocketAddress server;

	private final String url;

	private final List<RelayedConnection> connections = new ArrayList<>();

	private final List<Request> requests = new ArrayList<>();

	private final @Nullable Cut cut;

	private final boolean once;

	private int loggedIn;

	private String mark = "";

	private @Nullable Request severedAt;

	private boolean severed;

	private volatile CountDownLatch open = new CountDownLatch(0);

	private volatile Duration delay = Duration.ZERO;

	private final AtomicLong rows = new AtomicLong();

	private final List<String> refusals = new CopyOnWriteArrayList<>();

	private volatile @Nullable String misspelt;

	private final List<Request> openTransactions = new CopyOnWriteArrayList<>();

	private volatile @Nullable Stop stop;

	private PostgresRelay(ServerSocket listener, InetSocketAddress server, String url, @Nullable Cut cut,
			boolean once) {
		this.listener = listener;
		this.server = server;
		this.url = url;
		this.cut = cut;
		this.once = once;
	}

	/**
	 * Start a relay that forwards everything.
	 * @param database where to
	 * @return the relay; the caller closes it
	 */
	public static PostgresRelay to(TestDatabase database) {
		return start(database, null, false);
	}

	/**
	 * Start a relay that severs every connection at a point, and lets no other in from
	 * then on.
	 * @param database where to
	 * @param cut the point
	 * @return the relay; the caller closes it
	 */
	public static PostgresRelay to(TestDatabase database, Cut cut) {
		return start(database, cut, false);
	}

	/**
	 * Start a relay that severs every connection at a point, and lets others in from then
	 * on, as a network does that was gone for a moment.
	 * @param database where to
	 * @param cut the point
	 * @return the relay; the caller closes it
	 */
	public static PostgresRelay interrupted(TestDatabase database, Cut cut) {
		return start(database, cut, true);
	}

	private static PostgresRelay start(TestDatabase database, @Nullable Cut cut, boolean once) {
		Properties properties = Driver.parseURL(database.getUrl(), null);
		if (properties == null) {
			throw new IllegalArgumentException("Not a URL of PostgreSQL");
		}
		try {
			ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
			int host = database.getUrl().indexOf("//") + 2;
			String rest = database.getUrl().substring(database.getUrl().indexOf('/', host));
			String url = "%s%s:%d%s%csslmode=disable&gssEncMode=disable".formatted(database.getUrl().substring(0, host),
					listener.getInetAddress().getHostAddress(), listener.getLocalPort(), rest,
					rest.contains("?") ? '&' : '?');
			InetSocketAddress server = new InetSocketAddress(PGProperty.PG_HOST.getOrDefault(properties),
					PGProperty.PG_PORT.getInt(properties));
			PostgresRelay relay = new PostgresRelay(listener, server, url, cut, once);
			start("relay at " + listener.getLocalPort(), relay::accept);
			return relay;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (SQLException ex) {
			throw new IllegalArgumentException(ex);
		}
	}

	static void start(String name, Runnable task) {
		Thread thread = new Thread(task, name);
		thread.setDaemon(true);
		thread.start();
	}

	private void accept() {
		try {
			while (true) {
				Socket client = this.listener.accept();
				RelayedConnection connection = new RelayedConnection(this, client, new Socket());
				if (!add(connection)) {
					connection.sever();
				}
				else {
					connection.connect(this.server);
				}
			}
		}
		catch (IOException ex) {
			close();
		}
	}

	private synchronized boolean add(RelayedConnection connection) {
		if (this.severed) {
			return false;
		}
		this.connections.add(connection);
		return true;
	}

	/**
	 * Return the URL that leads through the relay, without encryption.
	 * @return the URL, the superuser's credentials included
	 */
	public String getUrl() {
		return this.url;
	}

	/**
	 * Note what the client is about to do; the requests that follow carry it.
	 * @param what what the client does
	 */
	public synchronized void mark(String what) {
		this.mark = what;
	}

	/**
	 * Return the requests that came so far.
	 * @return the requests, in the order in which they came
	 */
	public synchronized List<Request> getRequests() {
		return List.copyOf(this.requests);
	}

	/**
	 * Return the request at which the connections were severed.
	 * @return the request, or {@code null} when the point was not reached
	 */
	public synchronized @Nullable Request getSeveredAt() {
		return this.severedAt;
	}

	/**
	 * Let each request wait before it goes on to the server.
	 * @param duration how long
	 */
	public void delay(Duration duration) {
		this.delay = duration;
	}

	/**
	 * Misspell a word in each request, so that the server does not recognise it.
	 * @param word the word
	 */
	public void misspell(String word) {
		this.misspelt = word;
	}

	/**
	 * Return how many rows the server has sent so far.
	 * @return the rows, of all connections
	 */
	public long getRows() {
		return this.rows.get();
	}

	/**
	 * Return what the server has refused so far.
	 * @return the SQLSTATE of each failure that it has reported, on all connections
	 */
	public List<String> getRefusals() {
		return List.copyOf(this.refusals);
	}

	/**
	 * Return the requests after which the server had a transaction open, one that has
	 * failed not included: what the server sees when the client stops there.
	 * @return the requests, of all connections
	 */
	public List<Request> getOpenTransactions() {
		return List.copyOf(this.openTransactions);
	}

	/**
	 * Do something when the server has answered a request, before the client gets the
	 * answer.
	 * @param request the number of the request, from 0, counted over all connections from
	 * now on, logins included
	 * @param action what to do
	 */
	public void at(int request, Runnable action) {
		this.stop = new Stop(new AtomicInteger(request), action);
	}

	void answered(Request request, boolean open) {
		if (open) {
			this.openTransactions.add(request);
		}
		Stop wanted = this.stop;
		if (wanted != null && wanted.remaining().getAndDecrement() == 0) {
			wanted.action().run();
		}
	}

	/**
	 * Let nothing through any more, in either direction, as a network does that drops
	 * every packet: no connection ends, and new ones are not answered.
	 */
	public synchronized void drop() {
		if (this.open.getCount() == 0) {
			this.open = new CountDownLatch(1);
		}
	}

	/**
	 * Let through again what was held up.
	 */
	public void resume() {
		this.open.countDown();
	}

	/**
	 * Tell the server on every connection that the client will send nothing more, and go
	 * on passing to the client what the server still sends.
	 */
	public void halfClose() {
		for (RelayedConnection connection : snapshot()) {
			connection.halfClose();
		}
	}

	/**
	 * Sever every connection, and let no other in from now on. The server sees what it
	 * sees when a client is killed; the clients see a reset.
	 */
	public void sever() {
		sever(null);
	}

	void sever(@Nullable Request request) {
		List<RelayedConnection> severed;
		boolean letsIn = request != null && this.once;
		synchronized (this) {
			if (this.severed) {
				return;
			}
			this.severed = !letsIn;
			this.severedAt = (request != null) ? request : this.severedAt;
			severed = List.copyOf(this.connections);
			this.connections.clear();
		}
		if (!letsIn) {
			closeListener();
		}
		severed.forEach(RelayedConnection::sever);
	}

	private synchronized List<RelayedConnection> snapshot() {
		return List.copyOf(this.connections);
	}

	/**
	 * Sever what is still open, and stop.
	 */
	@Override
	public void close() {
		resume();
		sever(null);
	}

	private void closeListener() {
		try {
			this.listener.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	synchronized int loggingIn() {
		return this.loggedIn++;
	}

	synchronized Request began(int connection, int number, String sql) {
		Request request = new Request(connection, number, sql, this.mark);
		this.requests.add(request);
		return request;
	}

	boolean isCut(int connection, int request, Moment moment) {
		return this.cut != null && this.cut.equals(new Cut(connection, request, moment));
	}

	void sentRow() {
		this.rows.incrementAndGet();
	}

	void refused(String sqlState) {
		this.refusals.add(sqlState);
	}

	byte[] spell(byte[] message) {
		String word = this.misspelt;
		// Each byte is one character, so that the length stays
		return (word == null) ? message
				: new String(message, StandardCharsets.ISO_8859_1)
					.replace(word, word.substring(0, word.length() - 1) + "_")
					.getBytes(StandardCharsets.ISO_8859_1);
	}

	void awaitOpen() throws InterruptedException {
		this.open.await();
	}

	Duration getDelay() {
		return this.delay;
	}

	/**
	 * When a request is cut.
	 */
	public enum Moment {

		/** Nothing of the request has reached the server. */
		BEFORE,

		/**
		 * The server has got the whole request, and finds its client gone while it
		 * executes it.
		 */
		DURING,

		/**
		 * The server has executed the request and answered; the client does not get the
		 * answer.
		 */
		AFTER

	}

	/**
	 * A point at which every connection is severed.
	 *
	 * @param connection the number of the connection, from 0, in the order of the logins
	 * @param request the number of the request on it, 0 for the login
	 * @param moment when
	 */
	public record Cut(int connection, int request, Moment moment) {
	}

	/**
	 * Something to do at a request.
	 *
	 * @param remaining how many requests come before it
	 * @param action what to do
	 */
	private record Stop(AtomicInteger remaining, Runnable action) {
	}

	/**
	 * What a client has sent to the server in one go.
	 *
	 * @param connection the number of the connection, from 0, in the order of the logins
	 * @param number the number of the request on it, 0 for the login
	 * @param sql the statements, separated by semicolons
	 * @param mark what the client was about to do, as it was noted
	 */
	public record Request(int connection, int number, String sql, String mark) {
	}

}
