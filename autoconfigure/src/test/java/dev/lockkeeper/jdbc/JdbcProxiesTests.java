// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.jdbc;

import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

import dev.lockkeeper.jdbc.TypedMethods.Answers;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;

class JdbcProxiesTests {

	private final Connection driver = mock(Connection.class);

	private final List<String> executed = new ArrayList<>();

	private final List<SQLException> failures = new ArrayList<>();

	private final JdbcProxies proxies = new JdbcProxies(this.driver, new Recording(), List.of());

	private final Connection connection = this.proxies.getConnection();

	@Test
	void whatAConnectionGivesOutBelongsToIt() throws SQLException {
		Statement statement = mock(Statement.class);
		ResultSet rows = mock(ResultSet.class);
		given(this.driver.createStatement()).willReturn(statement);
		given(this.driver.getMetaData()).willReturn(mock(DatabaseMetaData.class));
		given(statement.executeQuery("SELECT 1")).willReturn(rows);
		given(statement.getGeneratedKeys()).willReturn(rows);
		Statement wrapped = this.connection.createStatement();
		assertThat(wrapped.getConnection()).isSameAs(this.connection);
		assertThat(wrapped.executeQuery("SELECT 1").getStatement()).isSameAs(wrapped);
		assertThat(wrapped.getGeneratedKeys().getStatement()).isSameAs(wrapped);
		assertThat(this.connection.getMetaData().getConnection()).isSameAs(this.connection);
	}

	@Test
	void rowsOfMetadataHaveAStatementOfTheConnection() throws SQLException {
		DatabaseMetaData metaData = mock(DatabaseMetaData.class);
		ResultSet rows = mock(ResultSet.class);
		given(this.driver.getMetaData()).willReturn(metaData);
		given(metaData.getSchemas()).willReturn(rows);
		given(rows.getStatement()).willReturn(mock(Statement.class));
		assertThat(this.connection.getMetaData().getSchemas().getStatement().getConnection()).isSameAs(this.connection);
	}

	@Test
	void everyProxyIsAnObjectOfItsOwn() throws SQLException {
		given(this.driver.createStatement()).willReturn(mock(Statement.class), mock(Statement.class));
		Statement one = this.connection.createStatement();
		Statement two = this.connection.createStatement();
		assertThat(List.of(one, two).indexOf(two)).isEqualTo(1);
		assertThat(new HashSet<>(List.of(one, two))).hasSize(2).contains(one, two);
		assertThat(one.toString()).contains("Mock for Statement");
		assertThat(one.unwrap(Statement.class)).isSameAs(one);
		assertThat(one.isWrapperFor(Statement.class)).isTrue();
	}

	@Test
	void unwrappingGivesTheObjectOfTheDriver() throws SQLException {
		PreparedStatement prepared = mock(PreparedStatement.class);
		OfDriver ofDriver = mock(OfDriver.class);
		given(this.driver.prepareStatement("SELECT 1")).willReturn(prepared);
		given(prepared.unwrap(OfDriver.class)).willReturn(ofDriver);
		given(prepared.isWrapperFor(OfDriver.class)).willReturn(true);
		PreparedStatement wrapped = this.connection.prepareStatement("SELECT 1");
		assertThat(wrapped.isWrapperFor(OfDriver.class)).isTrue();
		assertThat(wrapped.unwrap(OfDriver.class)).isSameAs(ofDriver);
	}

	@Test
	void eachKindOfStatementKeepsItsKind() throws SQLException {
		CallableStatement call = mock(CallableStatement.class);
		given(this.driver.prepareCall("SELECT 1")).willReturn(call);
		given(this.driver.prepareStatement(anyString())).willReturn(mock(PreparedStatement.class));
		assertThat(this.connection.prepareCall("SELECT 1")).isInstanceOf(CallableStatement.class);
		assertThat(this.connection.prepareStatement("SELECT 2")).isInstanceOf(PreparedStatement.class)
			.isNotInstanceOf(CallableStatement.class);
		CallableStatement wrapped = this.proxies.wrap(CallableStatement.class, call, recording(call, "SELECT 3"));
		wrapped.execute();
		assertThat(this.executed).containsExactly("SELECT 3");
		verify(call).execute();
	}

	@Test
	void aBatchIsTheStatementsThatWereAddedSinceTheLastOne() throws SQLException {
		PreparedStatement prepared = mock(PreparedStatement.class);
		PreparedStatement wrapped = this.proxies.wrap(PreparedStatement.class, prepared, recording(prepared, "INSERT"));
		wrapped.addBatch("forgotten");
		wrapped.clearBatch();
		wrapped.addBatch();
		wrapped.addBatch("DELETE");
		wrapped.executeBatch();
		wrapped.executeLargeBatch();
		assertThat(this.executed).containsExactly("INSERT", "DELETE");
	}

	@Test
	void exceptionsOfTheDriverAreThrownAndReported() throws SQLException {
		SQLException failure = new SQLException("no");
		given(this.driver.isReadOnly()).willThrow(failure);
		given(this.driver.createArrayOf(any(), any())).willThrow(new IllegalStateException());
		assertThatExceptionOfType(SQLException.class).isThrownBy(this.connection::isReadOnly).isSameAs(failure);
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> this.connection.createArrayOf("int", new Object[0]));
		assertThat(this.failures).containsExactly(failure);
	}

	/**
	 * What only the driver has.
	 */
	interface OfDriver extends PreparedStatement {

	}

	private Answers recording(Statement statement, String sql) {
		return new ExecutionInterceptor(statement, sql) {

			@Override
			protected ResultSet query(Call<ResultSet> call) throws SQLException {
				JdbcProxiesTests.this.executed.addAll(call.texts());
				return call.execution().execute();
			}

			@Override
			protected <T> T execute(Call<T> call, T nothing) throws SQLException {
				JdbcProxiesTests.this.executed.addAll(call.texts());
				return call.execution().execute();
			}

		}.toAnswers();
	}

	/**
	 * Records what is executed.
	 */
	private final class Recording implements JdbcProxies.Interceptor {

		@Override
		public Answers intercept(Statement statement) {
			return recording(statement, "");
		}

		@Override
		public void failed(SQLException failure) {
			JdbcProxiesTests.this.failures.add(failure);
		}

	}

}
