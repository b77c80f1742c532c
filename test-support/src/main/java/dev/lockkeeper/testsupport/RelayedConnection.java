// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.testsupport;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;

import dev.lockkeeper.testsupport.PostgresRelay.Moment;
import dev.lockkeeper.testsupport.PostgresRelay.Request;

/**
 * One connection through a {@link PostgresRelay}, read as version 3 of PostgreSQL's
 * protocol: a request ends with Query, FunctionCall or Sync, its answer with
 * ReadyForQuery.
 */
final class RelayedConnection {

	private static final int CANCEL = 80877102;

	private static final int ENCRYPT_WITH_TLS = 80877103;

	private static final int ENCRYPT_WITH_GSS = 80877104;

	private static final int NOT_LOGGED_IN = -1;

	private final PostgresRelay relay;

	private final Socket client;

	private final Socket server;

	private final Map<String, String> prepared = new HashMap<>();

	private final ByteArrayOutputStream request = new ByteArrayOutputStream();

	private StringJoiner statements = new StringJoiner("; ");

	private volatile int connection = NOT_LOGGED_IN;

	/**
	 * A driver sends BEGIN and what follows in one go; the server shall not get a request
	 * before it has answered the one before it.
	 */
	private final Semaphore answered = new Semaphore(1);

	private int sent;

	private volatile Request last = new Request(NOT_LOGGED_IN, 0, "", "");

	RelayedConnection(PostgresRelay relay, Socket client, Socket server) {
		this.relay = relay;
		this.client = client;
		this.server = server;
	}

	void connect(InetSocketAddress address) {
		String name = "relayed connection of port " + this.client.getPort();
		PostgresRelay.start(name, () -> pass(() -> {
			this.client.setTcpNoDelay(true);
			this.server.setTcpNoDelay(true);
			this.server.connect(address);
			PostgresRelay.start(name + ", answers", () -> pass(this::passAnswers));
			passRequests();
		}));
	}

	private void pass(Passing passing) {
		try {
			passing.pass();
		}
		catch (IOException ex) {
			// The other side shall notice that this one is gone
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		closeQuietly(this.server);
		closeQuietly(this.client);
		this.answered.release();
	}

	private void passRequests() throws IOException, InterruptedException {
		DataInputStream in = new DataInputStream(new BufferedInputStream(this.client.getInputStream()));
		if (!logIn(in)) {
			return;
		}
		DataOutputStream message = new DataOutputStream(this.request);
		while (true) {
			byte type = in.readByte();
			int length = in.readInt();
			byte[] body = readFully(in, length - Integer.BYTES);
			message.writeByte(type);
			message.writeInt(length);
			message.write(this.relay.spell(body));
			switch (type) {
				case 'P' -> prepare(ByteBuffer.wrap(body));
				case 'B' -> bind(ByteBuffer.wrap(body));
				case 'Q' -> {
					this.statements.add(text(ByteBuffer.wrap(body)));
					forwardRequest();
				}
				case 'F', 'S' -> forwardRequest();
				case 'C', 'D', 'E' -> {
					// Parts of a request that Sync will end
				}
				default -> forward();
			}
		}
	}

	private boolean logIn(DataInputStream in) throws IOException, InterruptedException {
		while (true) {
			int length = in.readInt();
			byte[] body = readFully(in, length - Integer.BYTES);
			int code = ByteBuffer.wrap(body).getInt();
			if (code == ENCRYPT_WITH_TLS || code == ENCRYPT_WITH_GSS) {
				this.client.getOutputStream().write('N');
				continue;
			}
			DataOutputStream message = new DataOutputStream(this.request);
			message.writeInt(length);
			message.write(body);
			if (code == CANCEL) {
				forward();
				return false;
			}
			this.connection = this.relay.loggingIn();
			this.statements.add("login");
			forwardRequest();
			return true;
		}
	}

	private void prepare(ByteBuffer body) {
		this.prepared.put(text(body), text(body));
	}

	private void bind(ByteBuffer body) {
		text(body);
		this.statements.add(this.prepared.getOrDefault(text(body), "unknown"));
	}

	private void forwardRequest() throws IOException, InterruptedException {
		this.answered.acquire();
		Request began = this.relay.began(this.connection, this.sent++, this.statements.toString());
		this.statements = new StringJoiner("; ");
		this.last = began;
		if (this.relay.isCut(began.connection(), began.number(), Moment.BEFORE)) {
			this.relay.sever(began);
			return;
		}
		LockSupport.parkNanos(this.relay.getDelay().toNanos());
		forward();
		if (this.relay.isCut(began.connection(), began.number(), Moment.DURING)) {
			this.relay.sever(began);
		}
	}

	private void forward() throws IOException, InterruptedException {
		this.relay.awaitOpen();
		this.request.writeTo(this.server.getOutputStream());
		this.request.reset();
	}

	private void passAnswers() throws IOException, InterruptedException {
		DataInputStream in = new DataInputStream(new BufferedInputStream(this.server.getInputStream()));
		DataOutputStream out = new DataOutputStream(new BufferedOutputStream(this.client.getOutputStream()));
		int answers = 0;
		while (true) {
			byte type = in.readByte();
			int length = in.readInt();
			byte[] body = readFully(in, length - Integer.BYTES);
			boolean ready = (type == 'Z');
			if (type == 'D') {
				this.relay.sentRow();
			}
			if (ready) {
				this.relay.answered(this.last, body[0] == 'T');
			}
			if (type == 'E') {
				this.relay.refused(sqlState(ByteBuffer.wrap(body)));
			}
			if (this.relay.isCut(this.connection, answers, Moment.DURING)) {
				// The server may have answered before everything is severed
				continue;
			}
			// COPY: the client has not sent everything yet, so this is not the answer
			boolean invitesData = (type == 'G');
			if (!invitesData && this.relay.isCut(this.connection, answers, Moment.AFTER)) {
				if (ready) {
					this.relay.sever(this.last);
					return;
				}
				continue;
			}
			out.writeByte(type);
			out.writeInt(length);
			out.write(body);
			if (ready) {
				answers++;
				this.answered.release();
			}
			if (in.available() == 0) {
				this.relay.awaitOpen();
				out.flush();
			}
		}
	}

	/**
	 * End it: the server sees an end of the stream, the client a reset.
	 */
	void sever() {
		closeQuietly(this.server);
		try {
			this.client.setSoLinger(true, 0);
		}
		catch (IOException ex) {
			// It has ended already
		}
		closeQuietly(this.client);
	}

	void halfClose() {
		try {
			this.server.shutdownOutput();
		}
		catch (IOException ex) {
			// It has ended already
		}
	}

	private static void closeQuietly(Socket socket) {
		try {
			socket.close();
		}
		catch (IOException ex) {
			// There is nothing more that could be done
		}
	}

	private static byte[] readFully(DataInputStream in, int length) throws IOException {
		byte[] bytes = in.readNBytes(length);
		if (bytes.length < length) {
			throw new EOFException();
		}
		return bytes;
	}

	// Each field is a letter and a text; an empty one is the last
	private static String sqlState(ByteBuffer body) {
		byte field = body.get();
		while (field != 'C' && field != 0) {
			text(body);
			field = body.get();
		}
		return (field == 'C') ? text(body) : "";
	}

	private static String text(ByteBuffer body) {
		ByteArrayOutputStream text = new ByteArrayOutputStream();
		byte next = body.get();
		while (next != 0) {
			text.write(next);
			next = body.get();
		}
		return text.toString(StandardCharsets.UTF_8);
	}

	/**
	 * One direction.
	 */
	@FunctionalInterface
	private interface Passing {

		void pass() throws IOException, InterruptedException;

	}

}
