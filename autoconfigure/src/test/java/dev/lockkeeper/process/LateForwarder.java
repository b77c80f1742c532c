// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;

/**
 * A way to a database that refuses every connection until it listens.
 */
final class LateForwarder implements AutoCloseable {

	private final InetSocketAddress server;

	private final int port;

	private volatile boolean closed;

	private final ServerSocket listening;

	LateForwarder(String url) throws IOException {
		URI uri = URI.create(url.substring("jdbc:".length()));
		this.server = new InetSocketAddress(uri.getHost(), uri.getPort());
		try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			this.port = free.getLocalPort();
		}
		this.listening = new ServerSocket();
		this.listening.setReuseAddress(true);
	}

	String url(String database) {
		return "jdbc:postgresql://%s:%d/%s".formatted(InetAddress.getLoopbackAddress().getHostAddress(), this.port,
				database);
	}

	void listen() {
		try {
			this.listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), this.port));
			start(this::accept);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private void accept() throws IOException {
		while (!this.closed) {
			Socket client = this.listening.accept();
			Socket upstream = new Socket(this.server.getAddress(), this.server.getPort());
			start(() -> copy(client, upstream));
			start(() -> copy(upstream, client));
		}
	}

	private static void copy(Socket from, Socket to) throws IOException {
		try (from; to) {
			from.getInputStream().transferTo(to.getOutputStream());
		}
	}

	private static void start(Work work) {
		Thread thread = new Thread(() -> {
			try {
				work.run();
			}
			catch (IOException ex) {
				// One of the two ends is gone, and with it the other
			}
		}, "late-forwarder");
		thread.setDaemon(true);
		thread.start();
	}

	@Override
	public void close() throws IOException {
		this.closed = true;
		this.listening.close();
	}

	/**
	 * Something that reads or writes.
	 */
	@FunctionalInterface
	private interface Work {

		void run() throws IOException;

	}

}
