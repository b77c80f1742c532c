// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observability;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

/**
 * Takes what is pushed to it, on the loopback interface alone, and returns the last push
 * on request.
 */
final class Sink implements AutoCloseable {

	private final HttpServer server;

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final List<Push> pushes = new CopyOnWriteArrayList<>();

	private final CountDownLatch silence = new CountDownLatch(1);

	private final int status;

	private Sink(int status) {
		this.status = status;
		try {
			this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.server.setExecutor(this.threads);
		this.server.createContext("/", this::take);
		this.server.start();
	}

	static Sink answering(int status) {
		return new Sink(status);
	}

	/**
	 * Create a sink that takes everything and never answers.
	 */
	static Sink silent() {
		return new Sink(0);
	}

	private void take(HttpExchange exchange) throws IOException {
		if (exchange.getRequestMethod().equals("GET")) {
			give(exchange);
			return;
		}
		String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1);
		this.pushes.add(new Push(exchange.getRequestMethod(), exchange.getRequestURI().getPath(), body));
		if (this.status == 0) {
			try {
				this.silence.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}
		exchange.sendResponseHeaders((this.status != 0) ? this.status : 500, -1);
		exchange.close();
	}

	private void give(HttpExchange exchange) throws IOException {
		List<Push> known = getPushes();
		byte[] body = known.isEmpty() ? new byte[0]
				: known.get(known.size() - 1).body().getBytes(StandardCharsets.ISO_8859_1);
		exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4");
		exchange.sendResponseHeaders(200, (body.length > 0) ? body.length : -1);
		exchange.getResponseBody().write(body);
		exchange.close();
	}

	int getPort() {
		return this.server.getAddress().getPort();
	}

	String getUrl() {
		return "http://127.0.0.1:" + getPort();
	}

	List<Push> getPushes() {
		return List.copyOf(this.pushes);
	}

	@Override
	public void close() {
		this.silence.countDown();
		this.server.stop(0);
		this.threads.shutdownNow();
	}

	/**
	 * What was pushed.
	 *
	 * @param method the method
	 * @param path the path
	 * @param body the body, a character for each byte
	 */
	record Push(String method, String path, String body) {
	}

}
