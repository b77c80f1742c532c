// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * How many connections a call opens that inspects several schemas.
 */
class InspectionConnectionTests {

	private final List<String> events = new ArrayList<>();

	private final InspectionConnection connection = new InspectionConnection();

	@Test
	void schemasOfOneDatabaseShareOneConnection() throws SQLException {
		Connection first = this.connection.to("a", () -> open("1"));
		assertThat(this.connection.to("a", () -> open("2"))).isSameAs(first);
		assertThat(this.events).containsExactly("open 1");
		this.connection.close();
		assertThat(this.events).containsExactly("open 1", "close 1");
	}

	@Test
	void anotherDatabaseIsOpenedWhenTheFirstOneIsClosed() throws SQLException {
		Connection first = this.connection.to("a", () -> open("1"));
		assertThat(this.connection.to("b", () -> open("2"))).isNotSameAs(first);
		assertThat(this.events).containsExactly("open 1", "close 1", "open 2");
	}

	@Test
	void aClosedConnectionIsOpenedAgain() throws SQLException {
		this.connection.to("a", () -> open("1"));
		this.connection.close();
		this.connection.close();
		this.connection.to("a", () -> open("2"));
		assertThat(this.events).containsExactly("open 1", "close 1", "open 2");
	}

	@Test
	void aDatabaseThatRefusesLeavesNothingOpen() throws SQLException {
		this.connection.to("a", () -> open("1"));
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> this.connection.to("b", () -> {
			throw new SQLException("refused");
		}));
		this.connection.close();
		assertThat(this.events).containsExactly("open 1", "close 1");
	}

	@Test
	void aConnectionThatCannotBeClosedIsNoFailure() throws SQLException {
		this.connection.to("a", () -> open("broken"));
		this.connection.close();
		assertThat(this.events).containsExactly("open broken", "close broken");
	}

	private Connection open(String name) {
		this.events.add("open " + name);
		return (Connection) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] { Connection.class },
				(proxy, method, arguments) -> {
					if (method.getName().equals("close")) {
						this.events.add("close " + name);
						if (name.equals("broken")) {
							throw new SQLException("broken");
						}
						return null;
					}
					return switch (method.getName()) {
						case "toString" -> name;
						case "hashCode" -> System.identityHashCode(proxy);
						case "equals" -> proxy == arguments[0];
						default -> throw new UnsupportedOperationException(method.getName());
					};
				});
	}

}
