// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initialization;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.initialization.InterceptedConnection.Execution;

import org.springframework.core.io.ResourceLoader;

/**
 * Finds out what an initializer would execute: lets it do so on a connection that
 * executes nothing.
 */
final class Recorder implements InterceptedConnection.Interceptor {

	private final List<String> names = new ArrayList<>();

	private final List<List<String>> statements = new ArrayList<>();

	/**
	 * What is executed before the first script, which is a part of it.
	 */
	private final List<String> before = new ArrayList<>();

	private Recorder() {
	}

	/**
	 * Record the scripts.
	 * @param connection a connection that only reads, or one to no database
	 * @return the scripts that execute something
	 * @throws Exception when a script is missing, or the initializer needs an answer that
	 * the connection does not give
	 */
	static List<Script> record(ScriptInitializer initializer, Connection connection, ResourceLoader resources)
			throws Exception {
		Recorder recorder = new Recorder();
		initializer.execute(InterceptedConnection.withoutSchema(connection, recorder), resources, recorder::read);
		return recorder.getScripts(initializer);
	}

	private void read(String script) {
		this.names.add(script);
		this.statements.add(new ArrayList<>());
	}

	@Override
	public <T> T execute(String sql, Execution<T> execution, T nothing) {
		if (this.statements.isEmpty()) {
			this.before.add(sql);
		}
		else {
			this.statements.get(this.statements.size() - 1).add(sql);
		}
		return nothing;
	}

	// A script keeps its place also when it is empty
	private List<Script> getScripts(ScriptInitializer initializer) {
		if (this.names.isEmpty()) {
			return this.before.isEmpty() ? List.of() : List.of(new Script(initializer.getName(), this.before));
		}
		List<Script> scripts = new ArrayList<>();
		for (int i = 0; i < this.names.size(); i++) {
			List<String> all = new ArrayList<>((i == 0) ? this.before : List.of());
			all.addAll(this.statements.get(i));
			scripts.add(new Script(this.names.get(i), all));
		}
		return scripts;
	}

}
