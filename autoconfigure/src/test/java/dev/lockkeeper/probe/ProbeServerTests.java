// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.probe;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;

import dev.lockkeeper.testsupport.Http;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * What is answered at a port, and how the port is given back.
 */
class ProbeServerTests {

	private static final ModeDecision DECISION = new ModeDecision(Mode.DEFER, "a test", true, false, true);

	private final InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), Http.freePort());

	private final AtomicLong now = new AtomicLong();

	private final StartProgress progress = new StartProgress(Duration.ofMinutes(1), this.now::get);

	private ProbeServer server = open(false);

	private ProbeServer open(boolean detailed) {
		Opening opening = new Opening(WebPort.SERVER, this.address, Set.of("/live"), Set.of("/ready"), null);
		try {
			return ProbeServer.open(this.address, new ProbeHandler(opening, DECISION, detailed, this.progress, null));
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@AfterEach
	void close() {
		this.server.close();
	}

	@Test
	void saysInTheWordsOfTheHealthEndpointThatTheProcessIsLiveAndNotReady() throws IOException {
		assertThat(ask("GET /live")).startsWith("HTTP/1.1 200 ")
			.containsIgnoringCase("Content-Type: application/vnd.spring-boot.actuator.v3+json")
			.endsWith("\r\n\r\n{\"status\":\"UP\"}");
		assertThat(ask("GET /ready?full")).startsWith("HTTP/1.1 503 ")
			.endsWith("\r\n\r\n{\"status\":\"OUT_OF_SERVICE\"}");
	}

	@Test
	void isNotLiveWhenTheStartIsStuck() throws IOException {
		this.now.addAndGet(Duration.ofMinutes(1).toNanos());
		assertThat(ask("GET /live")).startsWith("HTTP/1.1 503 ").endsWith("\r\n\r\n{\"status\":\"DOWN\"}");
	}

	@ParameterizedTest
	@ValueSource(strings = { "GET /", "GET /live/", "GET /bookings?ready", "POST /live", "DELETE /ready" })
	void everythingElseIsThereLater(String request) throws IOException {
		assertThat(ask(request)).startsWith("HTTP/1.1 503 ").containsIgnoringCase("Retry-After: 5\r\n");
	}

	@Test
	void detailsAreShownOnRequestOfTheUser() throws IOException {
		this.server.close();
		this.server = open(true);
		this.progress.does("waiting for the schema");
		this.progress.failed("liquibase", Instant.now(), "Not there yet.");
		assertThat(ask("GET /ready")).endsWith("""
				{"status":"OUT_OF_SERVICE","components":{"schema":{"status":"OUT_OF_SERVICE","details":\
				{"mode":"DEFER","activity":"waiting for the schema","liquibase":{"status":"UNREADABLE"}}}}}""");
		assertThat(ask("GET /live")).endsWith("\r\n\r\n{\"status\":\"UP\"}");
	}

	@ParameterizedTest
	@CsvSource({ "/live, 200", "/ready, 503", "/other, 503" })
	void headIsAnsweredWithoutABody(String path, int status) throws IOException {
		assertThat(ask("HEAD " + path)).startsWith("HTTP/1.1 %d ".formatted(status)).endsWith("\r\n\r\n");
	}

	@Test
	void aConnectionIsNotKept() throws IOException {
		assertThat(ask("GET /ready")).containsIgnoringCase("Connection: close\r\n");
	}

	@Test
	void thePortIsFreeWhenItIsGivenBackAlthoughClientsHoldConnections() throws IOException {
		try (Socket silent = new Socket(this.address.getAddress(), this.address.getPort())) {
			assertThat(ask("GET /ready")).startsWith("HTTP/1.1 503 ");
			this.server.close();
			assertThatExceptionOfType(ConnectException.class).isThrownBy(() -> ask("GET /ready"));
			try (ServerSocket next = new ServerSocket()) {
				next.bind(this.address);
			}
			assertThat(silent.isConnected()).isTrue();
		}
	}

	@Test
	void thePortIsFreeAsSoonAsItIsGivenBack() throws IOException {
		for (int i = 0; i < 50; i++) {
			this.server.close();
			this.server = open(false);
			if (i % 2 == 0) {
				assertThat(ask("GET /live")).startsWith("HTTP/1.1 200 ");
			}
		}
	}

	@Test
	void anAnswerThatIsUnderWayIsFinishedBeforeThePortIsGivenBack() throws Exception {
		CountDownLatch asked = new CountDownLatch(1);
		CountDownLatch goOn = new CountDownLatch(1);
		this.progress.watch(() -> {
			asked.countDown();
			try {
				return goOn.await(10, TimeUnit.SECONDS);
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		});
		this.now.addAndGet(Duration.ofMinutes(1).toNanos());
		CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> {
			try {
				return ask("GET /live");
			}
			catch (IOException ex) {
				throw new IllegalStateException(ex);
			}
		});
		asked.await();
		CompletableFuture<Void> closing = CompletableFuture.runAsync(() -> this.server.close(Duration.ofMinutes(1)));
		Awaitility.await().pollDelay(Duration.ofMillis(50)).until(() -> !closing.isDone());
		goOn.countDown();
		assertThat(answer.get(10, TimeUnit.SECONDS)).startsWith("HTTP/1.1 200 ").endsWith("{\"status\":\"UP\"}");
		closing.get(10, TimeUnit.SECONDS);
	}

	@Test
	void aPortThatIsTakenCannotBeHad() {
		assertThatIOException().isThrownBy(() -> ProbeServer.open(this.address,
				new ProbeHandler(new Opening(WebPort.SERVER, this.address, Set.of(), Set.of(), null), DECISION, false,
						this.progress, null)));
	}

	@Test
	void allThreadsAreDaemons() throws IOException {
		assertThat(ask("GET /ready")).startsWith("HTTP/1.1 503 ");
		assertThat(Thread.getAllStackTraces().keySet())
			.filteredOn(
					(thread) -> thread.getName().contains("HTTP-") || thread.getName().startsWith("lockkeeper-probe"))
			.isNotEmpty()
			.allMatch(Thread::isDaemon);
	}

	private String ask(String request) throws IOException {
		try (Socket socket = new Socket(this.address.getAddress(), this.address.getPort())) {
			socket.setSoTimeout(10_000);
			socket.getOutputStream()
				.write("%s HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"
					.formatted(request)
					.getBytes(StandardCharsets.US_ASCII));
			return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		}
	}

}
