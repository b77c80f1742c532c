// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.run;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

import javax.sql.DataSource;

import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.migration.RunControl.StopReason;
import dev.lockkeeper.wording.Durations;
import liquibase.integration.spring.SpringLiquibase;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * The data source of a bean whose class initialises itself, while it runs: it detects
 * whether the run takes place on the calling thread or on another one, and waits for the
 * end of one that takes place elsewhere. A run that begins after that wait is refused: no
 * lease would cover it.
 *
 * @since 0.1.0
 */
public final class AsynchronousRun extends DelegatingDataSource {

	/**
	 * How long a class may take to begin its run. An executor begins a task at once; a
	 * class that never runs Liquibase holds up a start for that long.
	 */
	public static final Duration BEGIN_TIMEOUT = Duration.ofSeconds(30);

	/**
	 * The same where nothing is pending.
	 */
	public static final Duration SHORT_BEGIN_TIMEOUT = Duration.ofSeconds(5);

	private static final Log logger = LogFactory.getLog(AsynchronousRun.class);

	private static final Duration POLL = Duration.ofMillis(50);

	private static final Duration IDLE = Duration.ofSeconds(5);

	private final String name;

	private final SpringLiquibase bean;

	private final DataSource original;

	private final BooleanSupplier begun;

	private final @Nullable GovernedRun run;

	private final Thread caller = Thread.currentThread();

	private final Queue<Connection> handedOver = new ConcurrentLinkedQueue<>();

	private volatile boolean elsewhere;

	private volatile @Nullable Thread thread;

	private final Duration idle;

	private final AtomicInteger opening = new AtomicInteger();

	private long idleSince = System.nanoTime();

	private volatile boolean closed;

	/**
	 * Create a data source for a run.
	 * @param name the name of the bean
	 * @param bean the bean, with the data source that it has
	 * @param begun returns whether a run has begun
	 * @param connections opens the connections of the run
	 * @param run the run, or {@code null} when runs of other threads are refused from the
	 * beginning
	 */
	public AsynchronousRun(String name, SpringLiquibase bean, BooleanSupplier begun, DataSource connections,
			@Nullable GovernedRun run) {
		this(name, bean, begun, connections, run, IDLE);
	}

	AsynchronousRun(String name, SpringLiquibase bean, BooleanSupplier begun, DataSource connections,
			@Nullable GovernedRun run, Duration idle) {
		super(connections);
		this.idle = idle;
		this.name = name;
		this.bean = bean;
		this.original = originalOf(bean);
		this.begun = begun;
		this.run = run;
	}

	/**
	 * Return the data source with which a bean was configured, whatever has replaced it
	 * since.
	 * @param bean the bean
	 * @return the data source
	 */
	public static DataSource originalOf(SpringLiquibase bean) {
		DataSource current = bean.getDataSource();
		return (current instanceof AsynchronousRun earlier) ? earlier.original : current;
	}

	@Override
	public Connection getConnection() throws SQLException {
		if (Thread.currentThread() == this.caller && !this.closed) {
			return obtainTargetDataSource().getConnection();
		}
		if (!isAtWork(Thread.currentThread())) {
			return this.original.getConnection();
		}
		if (this.closed || this.run == null) {
			this.elsewhere = true;
			throw new SQLException(refusal());
		}
		this.opening.incrementAndGet();
		try {
			this.thread = Thread.currentThread();
			this.elsewhere = true;
			return open(this.run);
		}
		finally {
			this.opening.decrementAndGet();
		}
	}

	private Connection open(GovernedRun governed) throws SQLException {
		Connection connection;
		try {
			connection = obtainTargetDataSource().getConnection();
		}
		catch (SQLException ex) {
			governed.failed(ex);
			throw ex;
		}
		GovernedRun.bind(connection, governed);
		this.handedOver.add(connection);
		return connection;
	}

	@Override
	public Connection getConnection(String username, String password) throws SQLException {
		return getConnection();
	}

	private String refusal() {
		return (this.run == null)
				? "Nothing is executed: this process only writes the SQL that a run of bean %s would execute"
					.formatted(this.name)
				: "Bean %s began its run after Lockkeeper had gone on without it, so that nothing would protect it: let it begin when the bean is initialised"
					.formatted(this.name);
	}

	/**
	 * Return whether a run has requested a connection on another thread than the calling
	 * one.
	 * @return whether one has
	 */
	public boolean isElsewhere() {
		return this.elsewhere;
	}

	/**
	 * Wait for a run that does not take place on the calling thread: first until it
	 * begins, then until it is over.
	 * @param timeout how long it may take to begin
	 * @param control decides when the run is to stop
	 * @return whether a run took place, on whatever thread
	 */
	public boolean await(Duration timeout, RunControl control) {
		if (!awaitBegin(timeout, control)) {
			logger.warn(("lockkeeper - the run has not begun within %s (bean %s, whose class overrides "
					+ "afterPropertiesSet(); a run that begins later is refused); let the class run Liquibase, or hand "
					+ "the run to another thread, before afterPropertiesSet() returns")
				.formatted(Durations.inWords(timeout), this.name));
			return false;
		}
		boolean interrupted = false;
		this.idleSince = System.nanoTime();
		while (this.elsewhere && !isOver()) {
			interrupted |= pause();
			if (interrupted && control.getStopReason() == null) {
				control.stop(StopReason.TERMINATED);
				control.cancel();
			}
			control.moved();
		}
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
		return true;
	}

	/**
	 * Wait until a run has begun, or was refused.
	 * @param timeout how long it may take to begin
	 * @param control decides when the run is to stop, or {@code null} when nothing stops
	 * it
	 * @return whether it has
	 */
	public boolean awaitBegin(Duration timeout, @Nullable RunControl control) {
		long started = System.nanoTime();
		while (!this.begun.getAsBoolean() && !this.elsewhere) {
			boolean stopped = control != null && control.getStopReason() != null;
			if (stopped || System.nanoTime() - started >= timeout.toNanos()) {
				return false;
			}
			if (pause()) {
				Thread.currentThread().interrupt();
				return false;
			}
		}
		return true;
	}

	// A run that has failed early may leave its connection open, and a class may go on
	// with something else when its run is over
	private boolean isOver() {
		Thread running = this.thread;
		if (running == null || !running.isAlive() || !isAtWork(running)) {
			return true;
		}
		if (this.opening.get() > 0 || !this.handedOver.stream().allMatch(AsynchronousRun::isClosed)) {
			this.idleSince = System.nanoTime();
		}
		return System.nanoTime() - this.idleSince >= this.idle.toNanos();
	}

	private static boolean isClosed(Connection connection) {
		try {
			return connection.isClosed();
		}
		catch (SQLException ex) {
			return true;
		}
	}

	/**
	 * Take no part in anything from now on. Not named {@code close}: Spring Boot's own
	 * subclass calls a method of that name.
	 */
	public void leave() {
		this.closed = true;
		this.handedOver.forEach(GovernedRun::unbind);
	}

	private boolean isAtWork(Thread thread) {
		return Arrays.stream(thread.getStackTrace())
			.map(StackTraceElement::getClassName)
			.anyMatch((name) -> name.startsWith("liquibase.") || isOfBean(name));
	}

	private boolean isOfBean(String className) {
		for (Class<?> type = this.bean.getClass(); type != null
				&& type != SpringLiquibase.class; type = type.getSuperclass()) {
			if (className.equals(type.getName()) || className.startsWith(type.getName() + "$")) {
				return true;
			}
		}
		return false;
	}

	private static boolean pause() {
		try {
			Thread.sleep(POLL.toMillis());
			return false;
		}
		catch (InterruptedException ex) {
			return true;
		}
	}

}
