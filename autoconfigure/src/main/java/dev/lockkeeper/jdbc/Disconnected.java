// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.jdbc;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.Statement;
import java.sql.Wrapper;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A connection to no database. Its statements execute nothing, its results are empty, and
 * it knows nothing of a database. It is for what is to be executed and shall only be
 * observed.
 *
 * @since 0.1.0
 */
public final class Disconnected {

	private static final Map<Class<?>, Object> NOTHING = Map.of(boolean.class, false, int.class, 0, long.class, 0L,
			short.class, (short) 0, byte.class, (byte) 0, float.class, 0F, double.class, 0D);

	/**
	 * What a statement counts that has no result. Callers ask until they get it.
	 */
	private static final Map<Class<?>, Object> NO_RESULT = Map.of(int.class, -1, long.class, -1L);

	private Disconnected() {
	}

	/**
	 * Create a connection.
	 * @return the connection
	 */
	public static Connection connection() {
		return of(Connection.class);
	}

	private static <T> T of(Class<T> type) {
		InvocationHandler handler = (proxy, method, arguments) -> answer(proxy, method, arguments);
		return type.cast(Proxy.newProxyInstance(Disconnected.class.getClassLoader(), new Class<?>[] { type }, handler));
	}

	private static @Nullable Object answer(Object proxy, Method method, @Nullable Object @Nullable [] arguments) {
		if (method.getDeclaringClass() == Object.class) {
			return ofObject(proxy, method, arguments);
		}
		Class<?> type = method.getReturnType();
		if (method.getDeclaringClass() == Statement.class && NO_RESULT.containsKey(type)) {
			return NO_RESULT.get(type);
		}
		return Wrapper.class.isAssignableFrom(type) ? of(type) : NOTHING.get(type);
	}

	private static Object ofObject(Object proxy, Method method, @Nullable Object @Nullable [] arguments) {
		if (method.getReturnType() == boolean.class) {
			return arguments != null && proxy == arguments[0];
		}
		return (method.getReturnType() == int.class) ? System.identityHashCode(proxy) : "no database";
	}

}
