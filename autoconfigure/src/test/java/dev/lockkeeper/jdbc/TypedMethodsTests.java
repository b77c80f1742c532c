// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.jdbc;

import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

class TypedMethodsTests {

	@Test
	void refusesAMethodThatJdbcDoesNotHave() {
		assertThatIllegalStateException().isThrownBy(() -> TypedMethods.of(OtherName.class, Connection.class))
			.withMessageStartingWith("java.sql.Connection has no method")
			.withMessageContaining("comit()");
		assertThatIllegalStateException().isThrownBy(() -> TypedMethods.of(OtherParameter.class, Connection.class));
		assertThatIllegalStateException().isThrownBy(() -> TypedMethods.of(OtherResult.class, Connection.class));
	}

	// On each version of Java: a later one may have more
	@Test
	void everyMethodThatCreatesAStatementIsIntercepted() {
		assertThat(signatures(StatementCreation.class, (method) -> true)).isEqualTo(
				signatures(Connection.class, (method) -> Statement.class.isAssignableFrom(method.getReturnType())));
	}

	@Test
	void everyMethodThatExecutesAStatementIsIntercepted() {
		assertThat(signatures(StatementExecution.class, (method) -> true))
			.isEqualTo(signatures(PreparedStatement.class, (method) -> method.getName().startsWith("execute")
					|| Set.of("addBatch", "clearBatch").contains(method.getName())));
	}

	private static Set<String> signatures(Class<?> type, Predicate<Method> which) {
		return Arrays.stream(type.getMethods())
			.filter(which)
			.map((method) -> method.getName() + Arrays.toString(method.getParameterTypes()))
			.collect(Collectors.toSet());
	}

	interface OtherName {

		void comit() throws SQLException;

	}

	interface OtherParameter {

		void setAutoCommit(int autoCommit) throws SQLException;

	}

	interface OtherResult {

		String createStatement() throws SQLException;

	}

}
