// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.testsupport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/**
 * Sends requests to a process on this machine, each on a connection of its own, as the
 * kubelet does. On one that is kept, a Netty may leave a request unanswered that follows
 * an error, with Lockkeeper and without it.
 */
public final class Http {

	static {
		System.setProperty("jdk.httpclient.allowRestrictedHeaders", "connection");
	}

	private static final HttpClient CLIENT = HttpClient.newBuilder()
		.version(Version.HTTP_1_1)
		.connectTimeout(Duration.ofSeconds(5))
		.build();

	private Http() {
	}

	/**
	 * Find a free port.
	 * @return the port, which another process may have taken by the time it is used
	 */
	public static int freePort() {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return socket.getLocalPort();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Send a GET.
	 * @param port the port
	 * @param path the path
	 * @return the answer; status 0 when no server listens
	 */
	public static Answer get(int port, String path) {
		return send(request(port, path).GET().build());
	}

	/**
	 * Send a GET to an address of this machine.
	 * @param host the address
	 * @param port the port
	 * @param path the path
	 * @return the answer; status 0 when no server listens there
	 */
	public static Answer get(String host, int port, String path) {
		return send(request(host, port, path).GET().build());
	}

	/**
	 * Send a GET with a preferred media type.
	 * @param port the port
	 * @param path the path
	 * @param accept the media types
	 * @return the answer; status 0 when no server listens
	 */
	public static Answer get(int port, String path, String accept) {
		return send(request(port, path).header("Accept", accept).GET().build());
	}

	/**
	 * Send a POST of JSON.
	 * @param port the port
	 * @param path the path
	 * @param json the body
	 * @return the answer; status 0 when no server listens
	 */
	public static Answer post(int port, String path, String json) {
		return send(request(port, path).header("Content-Type", "application/json")
			.POST(BodyPublishers.ofString(json))
			.build());
	}

	private static HttpRequest.Builder request(int port, String path) {
		return request("localhost", port, path);
	}

	private static HttpRequest.Builder request(String host, int port, String path) {
		return HttpRequest.newBuilder(URI.create("http://%s:%d%s".formatted(host, port, path)))
			.header("Connection", "close")
			.timeout(Duration.ofSeconds(30));
	}

	private static Answer send(HttpRequest request) {
		try {
			HttpResponse<String> response = CLIENT.send(request, BodyHandlers.ofString());
			return new Answer(response.statusCode(), response.body(),
					response.headers().firstValue("Content-Type").orElse(""));
		}
		catch (ConnectException ex) {
			return new Answer(0, "", "");
		}
		catch (IOException ex) {
			return new Answer(0, String.valueOf(ex.getMessage()), "");
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * An answer.
	 *
	 * @param status the HTTP status, 0 when no server listens
	 * @param body the body
	 * @param contentType its media type, empty when there is none
	 */
	public record Answer(int status, String body, String contentType) {

		/**
		 * Return whether it is this, of whatever media type.
		 * @param status the HTTP status
		 * @param body the body
		 * @return whether it is
		 */
		public boolean is(int status, String body) {
			return this.status == status && this.body.equals(body);
		}

	}

}
