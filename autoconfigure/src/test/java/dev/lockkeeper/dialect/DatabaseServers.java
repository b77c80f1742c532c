// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.dialect;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.UUID;

import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JdbcDatabase;
import dev.lockkeeper.testsupport.MariaDb;
import dev.lockkeeper.testsupport.Requirement;
import org.h2.tools.Server;
import org.hsqldb.server.ServerConstants;

/**
 * Empty databases of other kinds than PostgreSQL, which several processes can reach: the
 * servers are in this JVM, on the loopback interface, or beside it.
 */
public final class DatabaseServers {

	static {
		// It would change the logging of this JVM
		System.setProperty("hsqldb.reconfig_logging", "false");
	}

	private DatabaseServers() {
	}

	/**
	 * Create a database on a server of H2.
	 */
	public static JdbcDatabase h2() {
		try {
			System.setProperty("h2.bindAddress", "127.0.0.1");
			Server server = Server.createTcpServer("-tcpPort", "0", "-ifNotExists", "-baseDir", directory().toString())
				.start();
			return new JdbcDatabase("jdbc:h2:tcp://127.0.0.1:%d/./%s;USER=sa;PASSWORD=secret;DB_CLOSE_DELAY=-1"
				.formatted(server.getPort(), name()));
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Create a database on a server of HSQLDB.
	 */
	public static JdbcDatabase hsqldb() {
		int port = Http.freePort();
		org.hsqldb.server.Server server = new org.hsqldb.server.Server();
		server.setSilent(true);
		server.setLogWriter(new PrintWriter(Writer.nullWriter()));
		server.setErrWriter(new PrintWriter(Writer.nullWriter()));
		server.setAddress("127.0.0.1");
		server.setPort(port);
		server.setDatabaseName(0, "test");
		server.setDatabasePath(0, "file:" + directory().resolve("test"));
		server.start();
		if (server.getState() != ServerConstants.SERVER_STATE_ONLINE) {
			throw new IllegalStateException("HSQLDB has not started", server.getServerError());
		}
		return new JdbcDatabase("jdbc:hsqldb:hsql://127.0.0.1:%d/test;user=SA;password=".formatted(port));
	}

	/**
	 * Create a database on a MariaDB, or skip the test where it is not installed.
	 */
	public static JdbcDatabase mariaDb() {
		Requirement.require("mariadb", MariaDb.findObstacle());
		return MariaDb.shared().createDatabase();
	}

	private static Path directory() {
		try {
			return Files.createTempDirectory("lockkeeper-database");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String name() {
		return "test" + UUID.randomUUID().toString().replace("-", "").substring(0, 12);
	}

}
