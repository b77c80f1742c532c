// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.AbstractDataSource;

/**
 * Connections that work, fail or hang, as the test wants it.
 */
final class FaultyDataSource extends AbstractDataSource {

	private final String url;

	private final AtomicInteger failures = new AtomicInteger();

	private final Queue<Connection> opened = new ConcurrentLinkedQueue<>();

	private volatile boolean failing;

	private volatile @Nullable CompletableFuture<@Nullable Void> hanging;

	FaultyDataSource(String url) {
		this.url = url;
	}

	void fail() {
		this.failing = true;
	}

	void hang() {
		this.hanging = new CompletableFuture<>();
	}

	void heal() {
		this.failing = false;
		CompletableFuture<@Nullable Void> latch = this.hanging;
		this.hanging = null;
		if (latch != null) {
			latch.complete(null);
		}
	}

	/**
	 * Let the connections that are open be lost.
	 */
	void lose() {
		for (Connection connection : this.opened) {
			try {
				connection.close();
			}
			catch (SQLException ex) {
				throw new IllegalStateException(ex);
			}
		}
	}

	long open() {
		return this.opened.stream().filter(FaultyDataSource::isOpen).count();
	}

	private static boolean isOpen(Connection connection) {
		try {
			return !connection.isClosed();
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	int failures() {
		return this.failures.get();
	}

	@Override
	public Connection getConnection() throws SQLException {
		disturb();
		Connection connection = DriverManager.getConnection(this.url);
		this.opened.add(connection);
		return (Connection) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] { Connection.class },
				(proxy, method, arguments) -> {
					if (method.getName().equals("prepareStatement") || method.getName().equals("createStatement")) {
						disturb();
					}
					try {
						return method.invoke(connection, arguments);
					}
					catch (InvocationTargetException ex) {
						throw ex.getTargetException();
					}
				});
	}

	private void disturb() throws SQLException {
		CompletableFuture<@Nullable Void> latch = this.hanging;
		if (latch != null) {
			// Like a read from a socket, it cannot be interrupted
			latch.join();
		}
		if (this.failing) {
			this.failures.incrementAndGet();
			throw new SQLException("The test wants this to fail", "08006");
		}
	}

	@Override
	public Connection getConnection(String username, String password) throws SQLException {
		return getConnection();
	}

}
