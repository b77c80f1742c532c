// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.connection;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLClientInfoException;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.sql.DataSource;

import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.postgresql.Login;
import dev.lockkeeper.postgresql.OwnerRole;
import dev.lockkeeper.postgresql.PostgreSql;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.redaction.Redaction;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.jdbc.DataSourceUnwrapper;
import org.springframework.boot.jdbc.DatabaseDriver;
import org.springframework.boot.jdbc.EmbeddedDatabaseConnection;
import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.jdbc.datasource.AbstractDriverBasedDataSource;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;
import org.springframework.jdbc.datasource.embedded.EmbeddedDatabase;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;

/**
 * Opens connections as the data source of the user would open them, but never one of its
 * pool: every call opens a new physical connection, and closing it ends its session. An
 * embedded in-memory database, and a data source of a kind that is not known, are used as
 * they are. Safe for use by several threads.
 *
 * @since 0.1.0
 */
public final class OwnConnections extends AbstractDataSource {

	private static final Log logger = LogFactory.getLog(OwnConnections.class);

	private static final boolean HIKARI_PRESENT = ClassUtils.isPresent("com.zaxxer.hikari.HikariDataSource",
			OwnConnections.class.getClassLoader());

	private static final Preparation READ_COMMITTED = (connection) -> connection
		.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);

	private static final Taking TAKEN_ON = OwnerRole::takeOn;

	/**
	 * What PostgreSQL keeps of an application name.
	 */
	private static final int MAXIMUM_NAME_LENGTH = 63;

	private static final Pattern PARAMETERS = Pattern.compile("[?;].*$");

	private static final Pattern CREDENTIALS = Pattern.compile("//[^/@]*@");

	private static final Pattern DEFAULT_PORT = Pattern.compile("^(jdbc:postgresql://[^/:,]+)/");

	private static final Pattern CURRENT_SCHEMA = Pattern.compile("[?&]currentSchema=([^&]+)");

	private static final Pattern USER = Pattern.compile("[?&]user=([^&]+)");

	static {
		DriverLog.redact();
	}

	private final ConnectionOpener opener;

	private final boolean own;

	private final boolean embedded;

	private final String sessionName;

	/**
	 * The role that each of our sessions with PostgreSQL takes on; {@code null} to work
	 * as the login.
	 */
	private final @Nullable OwnerRole owner;

	/**
	 * Whether something on the way to the server refuses options.
	 */
	private volatile boolean refusing;

	private OwnConnections(ConnectionOpener opener, boolean own, boolean embedded, String sessionName,
			@Nullable OwnerRole owner) {
		this.owner = owner;
		this.opener = opener;
		this.own = own;
		this.embedded = embedded;
		this.sessionName = (sessionName.length() > MAXIMUM_NAME_LENGTH) ? sessionName.substring(0, MAXIMUM_NAME_LENGTH)
				: sessionName;
	}

	/**
	 * Find out how to open connections that work as the login of the data source.
	 * @param dataSource the data source of the user; no connection is taken from it
	 * @param sessionName the name by which operators recognise our sessions in the
	 * database
	 * @return the connections
	 */
	public static OwnConnections of(DataSource dataSource, String sessionName) {
		return of(dataSource, sessionName, null);
	}

	/**
	 * Find out how to open connections.
	 * @param dataSource the data source of the user; no connection is taken from it
	 * @param sessionName the name by which operators recognise our sessions in the
	 * database
	 * @param owner the role that each session with PostgreSQL takes on, before anything
	 * else is done in it; {@code null} to work as the login
	 * @return the connections
	 */
	public static OwnConnections of(DataSource dataSource, String sessionName, @Nullable OwnerRole owner) {
		if (dataSource instanceof EmbeddedDatabase) {
			return asTheyAre(dataSource, true, sessionName, null, "an embedded database");
		}
		if (HIKARI_PRESENT) {
			ConnectionOpener hikari = HikariConnections.of(dataSource);
			if (hikari != null) {
				return of(dataSource, hikari, sessionName, owner);
			}
		}
		AbstractDriverBasedDataSource unpooled = DataSourceUnwrapper.unwrap(dataSource,
				AbstractDriverBasedDataSource.class);
		if (unpooled == null) {
			unpooled = derive(dataSource);
		}
		if (unpooled == null) {
			return asTheyAre(dataSource, false, sessionName, owner, "a data source of an unknown kind");
		}
		return of(dataSource, new DriverConnections(unpooled), sessionName, owner);
	}

	private static OwnConnections of(DataSource original, ConnectionOpener opener, String sessionName,
			@Nullable OwnerRole owner) {
		String url = opener.getUrl();
		if (url != null && EmbeddedDatabaseConnection.isEmbedded(driverOf(opener, url), url)) {
			return asTheyAre(original, true, sessionName, null, "an embedded database");
		}
		return new OwnConnections(opener, true, false, sessionName, owner);
	}

	private static @Nullable String driverOf(ConnectionOpener opener, String url) {
		String driver = opener.getDriverClassName();
		return (driver != null) ? driver : DatabaseDriver.fromJdbcUrl(url).getDriverClassName();
	}

	private static OwnConnections asTheyAre(DataSource dataSource, boolean embedded, String sessionName,
			@Nullable OwnerRole owner, String kind) {
		logger.debug("lockkeeper - the connections of the data source are used as they are (%s)".formatted(kind));
		return new OwnConnections(new SharedConnections(dataSource), false, embedded, sessionName, owner);
	}

	private static @Nullable AbstractDriverBasedDataSource derive(DataSource dataSource) {
		try {
			SimpleDriverDataSource derived = DataSourceBuilder.derivedFrom(dataSource)
				.type(SimpleDriverDataSource.class)
				.build();
			derived.setConnectionProperties(PostgreSql.keepAlive(derived.getUrl(), derived.getConnectionProperties()));
			return derived;
		}
		catch (RuntimeException ex) {
			logger.debug("lockkeeper - cannot derive from %s".formatted(dataSource.getClass().getName()), ex);
			return null;
		}
	}

	/**
	 * Open a connection in auto-commit mode and READ COMMITTED, for a run: nothing limits
	 * its transactions. The level is a setting of the session, so a run opens one only
	 * after {@linkplain #openStateless() stateless} ones have shown that sessions are not
	 * shared.
	 * @return the connection; the caller closes it
	 * @throws SQLException when the database does not answer or refuses
	 */
	@Override
	public Connection getConnection() throws SQLException {
		return open(false, READ_COMMITTED, TAKEN_ON);
	}

	/**
	 * Return connections for the lease and the ledger, which accompany a run and need
	 * sessions of their own as well. They are like those of a run, except that the server
	 * ends a session in which a transaction has been idle for some seconds.
	 * @return the connections
	 */
	public DataSource limited() {
		return new LimitedConnections(this);
	}

	/**
	 * Return whether a data source gives connections of the user's own data source, which
	 * go back to it.
	 * @param connections the data source
	 * @return whether it is one of {@linkplain #limited() ours} that does; a setting made
	 * on a connection must be undone then
	 */
	public static boolean areShared(DataSource connections) {
		return connections instanceof LimitedConnections limited && limited.own.isShared();
	}

	/**
	 * Open a connection in auto-commit mode, for all else: inspections, and the writing
	 * of a single row. It leaves no setting behind on the server, and relies on none, so
	 * that it can be used behind a pooler that gives every transaction another backend.
	 * An owner is not taken on where such a pooler answers. Its isolation level is the
	 * one that the server gives to the role. The server ends its session when a
	 * transaction in it has been idle for some seconds, unless a pooler in between
	 * refuses that option.
	 * @return the connection; the caller closes it
	 * @throws SQLException when the database does not answer or refuses
	 */
	public Connection openStateless() throws SQLException {
		return open(true, (connection) -> ConnectedDatabase.of(connection).nameNoStatements(),
				OwnerRole::takeOnUnlessRelayed);
	}

	/**
	 * Open a connection in auto-commit mode to write a single row, or its table if that
	 * is missing: a stateless one, except where the table has to belong to an owner.
	 * @return the connection; the caller closes it
	 * @throws SQLException when the database does not answer or refuses
	 */
	public Connection openToCreate() throws SQLException {
		return (this.owner != null) ? limited().getConnection() : openStateless();
	}

	private Connection open(boolean limited, Preparation preparation, Taking taking) throws SQLException {
		Connection connection = connect(limited);
		try {
			if (this.own) {
				connection.setAutoCommit(true);
				preparation.prepare(connection);
				setSessionName(connection);
			}
			if (this.owner != null) {
				takeOn(this.owner, connection, taking);
			}
			return connection;
		}
		catch (SQLException | RuntimeException ex) {
			connection.close();
			throw ex;
		}
	}

	private void takeOn(OwnerRole role, Connection connection, Taking taking) throws SQLException {
		if (!ConnectedDatabase.of(connection).hasTransactionalDdl()) {
			logger.debug("lockkeeper - no role is taken on (not PostgreSQL)");
			return;
		}
		if (!this.own) {
			throw OwnerRoleException.ofSharedConnections(role, Login.of(connection));
		}
		try {
			taking.takeOn(role, connection);
		}
		catch (SQLException ex) {
			OwnerRoleException explained = OwnerRoleException.of(role, connection, ex);
			if (explained != null) {
				throw explained;
			}
			throw ex;
		}
	}

	private Connection connect(boolean limited) throws SQLException {
		if (!limited || this.refusing) {
			return this.opener.open(false);
		}
		try {
			return this.opener.open(true);
		}
		catch (SQLException ex) {
			if (!SqlStates.isRefusedStartOption(ex.getSQLState())) {
				throw ex;
			}
			Connection connection = this.opener.open(false);
			logger.debug("lockkeeper - sessions cannot be limited when they start, as behind many poolers", ex);
			this.refusing = true;
			return connection;
		}
	}

	@Override
	public Connection getConnection(String username, String password) throws SQLException {
		throw new SQLException("Only the connections that the data source was configured for can be opened");
	}

	/**
	 * Return the role that each session with PostgreSQL takes on.
	 * @return the role, or {@code null} when the sessions work as the login
	 */
	public @Nullable OwnerRole getOwner() {
		return this.owner;
	}

	/**
	 * Return whether the database lives inside this process.
	 * @return whether no other process can reach the database
	 */
	public boolean isEmbedded() {
		return this.embedded;
	}

	/**
	 * Return whether connections come from the user's own data source, and go back to it.
	 * @return whether they do; a setting made on one must be undone then
	 */
	public boolean isShared() {
		return !this.own;
	}

	/**
	 * Return whether the URLs show that other connections lead to the same database.
	 * Nothing is opened.
	 * @param other the other connections
	 * @return whether both URLs name the same server and database; users, passwords and
	 * other parameters do not count
	 */
	public boolean isSameUrl(OwnConnections other) {
		String url = this.opener.getUrl();
		String otherUrl = other.opener.getUrl();
		return url != null && otherUrl != null && withoutParameters(url).equals(withoutParameters(otherUrl));
	}

	/**
	 * Return whether the URL leaves open that the database is PostgreSQL. Nothing is
	 * opened.
	 * @return whether the URL is one of PostgreSQL, or is not known
	 */
	public boolean mayBePostgreSql() {
		String url = this.opener.getUrl();
		return !this.embedded && (url == null || url.startsWith("jdbc:postgresql:"));
	}

	/**
	 * Return the schemas that the settings name as the search path of the connections.
	 * Nothing is opened.
	 * @return the schema of the pool, or those of the URL; none when neither names one
	 */
	public List<String> getConfiguredSchemas() {
		String schema = this.opener.getSchema();
		if (StringUtils.hasText(schema)) {
			return List.of(schema);
		}
		Matcher schemas = CURRENT_SCHEMA.matcher(Objects.requireNonNullElse(this.opener.getUrl(), ""));
		return schemas.find() ? List.of(URLDecoder.decode(schemas.group(1), StandardCharsets.UTF_8).split(" *, *"))
				: List.of();
	}

	/**
	 * Return the login that the settings or the URL name. Nothing is opened.
	 * @return its name, or {@code null} when they name none
	 */
	public @Nullable String getConfiguredLogin() {
		String login = this.opener.getUsername();
		if (StringUtils.hasText(login)) {
			return login;
		}
		Matcher user = USER.matcher(Objects.requireNonNullElse(this.opener.getUrl(), ""));
		return user.find() ? URLDecoder.decode(user.group(1), StandardCharsets.UTF_8) : null;
	}

	private static String withoutParameters(String url) {
		String address = CREDENTIALS.matcher(PARAMETERS.matcher(url).replaceFirst("")).replaceFirst("//");
		return address.startsWith("jdbc:postgresql:") ? DEFAULT_PORT.matcher(address).replaceFirst("$1:5432/")
				: address;
	}

	/**
	 * Return where the database is, for people to read.
	 * @return the URL without credentials, or a description
	 */
	public String describe() {
		String url = this.opener.getUrl();
		return (url != null) ? Redaction.redact(url) : "the data source";
	}

	private void setSessionName(Connection connection) {
		try {
			connection.setClientInfo("ApplicationName", this.sessionName);
		}
		catch (SQLClientInfoException ex) {
			logger.debug("lockkeeper - the driver does not name sessions", ex);
		}
	}

	/**
	 * Connections whose idle transactions are limited.
	 */
	private static final class LimitedConnections extends AbstractDataSource {

		private final OwnConnections own;

		LimitedConnections(OwnConnections own) {
			this.own = own;
		}

		@Override
		public Connection getConnection() throws SQLException {
			return this.own.open(true, READ_COMMITTED, TAKEN_ON);
		}

		@Override
		public Connection getConnection(String username, String password) throws SQLException {
			return this.own.getConnection(username, password);
		}

	}

	/**
	 * How a session takes a role on.
	 */
	@FunctionalInterface
	private interface Taking {

		void takeOn(OwnerRole role, Connection connection) throws SQLException;

	}

	/**
	 * Prepares a new connection.
	 */
	@FunctionalInterface
	private interface Preparation {

		void prepare(Connection connection) throws SQLException;

	}

}
