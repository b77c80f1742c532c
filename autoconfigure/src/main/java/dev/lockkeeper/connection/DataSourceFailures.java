// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.connection;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import dev.lockkeeper.exit.ConfigurationException;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.schema.DatabaseFailure;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.jdbc.DatabaseDriver;
import org.springframework.boot.jdbc.UnsupportedDataSourcePropertyException;
import org.springframework.util.PlaceholderResolutionException;

/**
 * Explains why a data source could not be created.
 *
 * @since 0.1.0
 */
public final class DataSourceFailures {

	private static final String URL = "Correct the URL: jdbc:postgresql://host:5432/database, for example. A "
			+ "placeholder like ${DB_URL} that nothing sets stays as it is written.";

	private static final String DRIVER = "Add the driver of the database to the class path, or correct the URL or the "
			+ "class name in the settings.";

	/**
	 * Classes of Spring Boot that are not public.
	 */
	private static final Set<String> WITHOUT_URL_OR_DRIVER = Set.of("DataSourceBeanCreationException");

	private DataSourceFailures() {
	}

	/**
	 * Explain a failure.
	 * @param failure the failure to create a data source, or a bean that needs one
	 * @param own how the engine gets a data source of its own
	 * @return the explanation, or {@code null} when the failure is not known
	 */
	public static @Nullable DataSourceFailure explain(Throwable failure, OwnDataSource own) {
		List<Throwable> chain = new ArrayList<>();
		for (Throwable candidate = failure; candidate != null
				&& !chain.contains(candidate); candidate = candidate.getCause()) {
			chain.add(candidate);
		}
		SQLException sql = SqlStates.exceptionIn(failure);
		if (sql != null && sql.getSQLState() != null) {
			return ofConnection(sql);
		}
		for (Throwable each : chain) {
			DataSourceFailure explained = explainOne(each, own);
			if (explained != null) {
				return explained;
			}
		}
		return null;
	}

	private static @Nullable DataSourceFailure explainOne(Throwable failure, OwnDataSource own) {
		String message = String.valueOf(failure.getMessage());
		if (failure instanceof BindException bind) {
			ConfigurationException wrong = ConfigurationException.of(bind);
			return config(String.valueOf(wrong.getMessage()), wrong.getAction());
		}
		if (failure instanceof PlaceholderResolutionException) {
			return config(message, "Set the property that the placeholder names.");
		}
		if (failure instanceof UnsupportedDataSourcePropertyException
				|| (failure instanceof IllegalStateException && isThrownBy(failure, DataSourceBuilder.class))) {
			return config(
					"Spring Boot cannot derive a data source for %s from that of the application, which is wrapped or of a kind that it does not know: %s"
						.formatted(own.engine(), message),
					own.advice());
		}
		if (failure instanceof IllegalArgumentException && isThrownBy(failure, DatabaseDriver.class)) {
			return config("The URL of the data source is not a JDBC URL (spring.datasource.url or %s): %s"
				.formatted(own.urlProperty(), message), URL);
		}
		if (WITHOUT_URL_OR_DRIVER.contains(failure.getClass().getSimpleName())) {
			return config("The data source has no URL, or no driver accepts it: %s".formatted(message), DRIVER);
		}
		if (failure instanceof ClassNotFoundException || failure instanceof NoClassDefFoundError) {
			return config("The data source needs a class that is not on the class path: %s".formatted(message), DRIVER);
		}
		if (message.contains("driver class") || message.contains("jdbcUrl")
				|| message.contains("dataSourceClassName")) {
			return config("The driver of the data source cannot be used: %s".formatted(message), DRIVER);
		}
		return null;
	}

	// The failure of a statement, on a connection that is open, has another meaning
	private static @Nullable DataSourceFailure ofConnection(SQLException failure) {
		DatabaseFailure reported = SqlStates.kindOf(failure);
		if (reported == DatabaseFailure.OF_STATEMENT) {
			return null;
		}
		String action = switch (reported) {
			case UNREACHABLE, TOO_MANY_CONNECTIONS, OUT_OF_TIME, NOT_SERIALIZABLE, NOT_SUPPORTED, UNKNOWN ->
				"Check that the database is up and that its URL is right.";
			case WRONG_PASSWORD, LOGIN_REFUSED, MISSING_RIGHT -> "Check the user and the password.";
			case NO_SUCH_DATABASE -> "Check the name of the database in the URL. If it is right, create the database.";
			default -> "See what the data source does when it is created.";
		};
		return new DataSourceFailure(reported, failure.getSQLState(),
				"The data source could not connect when it was created: %s".formatted(failure.getMessage()), action);
	}

	private static DataSourceFailure config(String message, String action) {
		return new DataSourceFailure(null, null, message, action);
	}

	private static boolean isThrownBy(Throwable failure, Class<?> type) {
		StackTraceElement[] trace = failure.getStackTrace();
		for (int i = 0; i < Math.min(trace.length, 4); i++) {
			if (trace[i].getClassName().startsWith(type.getName())) {
				return true;
			}
		}
		return false;
	}

}
