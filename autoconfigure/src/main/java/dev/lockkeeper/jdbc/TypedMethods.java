// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.jdbc;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.Wrapper;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Methods of a JDBC interface, declared once more by an interface of our own: what
 * implements that one can answer them in place of the driver. The compiler checks the
 * implementation, and {@link #of} checks that JDBC has each of the methods.
 *
 * @param <T> the interface that declares the methods
 * @since 0.1.0
 */
public final class TypedMethods<T> {

	private final Map<Signature, Method> methods;

	private TypedMethods(Map<Signature, Method> methods) {
		this.methods = methods;
	}

	/**
	 * Declare methods of a JDBC interface.
	 * @param <T> the interface that declares the methods
	 * @param declaring the interface that declares the methods
	 * @param type the JDBC interface
	 * @return the methods
	 * @throws IllegalStateException when the JDBC interface does not have one of them,
	 * with the same parameters and with a result to which the declared one can be
	 * assigned
	 */
	public static <T> TypedMethods<T> of(Class<T> declaring, Class<? extends Wrapper> type) {
		Map<Signature, Method> methods = new HashMap<>();
		for (Method method : declaring.getMethods()) {
			Method replaced = find(type, method);
			if (replaced == null || !replaced.getReturnType().isAssignableFrom(method.getReturnType())) {
				throw new IllegalStateException("%s has no method like %s".formatted(type.getName(), method));
			}
			method.setAccessible(true);
			methods.put(Signature.of(method), method);
		}
		return new TypedMethods<>(Map.copyOf(methods));
	}

	// An interface does not name the methods of Object that its proxies have
	private static @Nullable Method find(Class<?> type, Method method) {
		Method found = findDeclared(type, method);
		return (found != null) ? found : findDeclared(Object.class, method);
	}

	private static @Nullable Method findDeclared(Class<?> type, Method method) {
		try {
			return type.getMethod(method.getName(), method.getParameterTypes());
		}
		catch (NoSuchMethodException ex) {
			return null;
		}
	}

	/**
	 * Let an object answer the methods.
	 * @param object the object
	 * @return the methods with the object
	 */
	public Answers answeredBy(T object) {
		return new Answers(this, object);
	}

	/**
	 * Methods with the object that answers them.
	 *
	 * @param methods the methods
	 * @param object the object
	 */
	public record Answers(TypedMethods<?> methods, Object object) {

		/**
		 * Return whether a method of JDBC is answered.
		 */
		boolean has(Method called) {
			return find(called) != null;
		}

		/**
		 * Call what answers in place of a method of JDBC.
		 */
		@Nullable Object call(Method called, @Nullable Object @Nullable [] arguments) throws Throwable {
			Method answer = find(called);
			Assert.state(answer != null, "The method is not answered");
			try {
				return answer.invoke(this.object, arguments);
			}
			catch (InvocationTargetException ex) {
				throw ex.getTargetException();
			}
		}

		private @Nullable Method find(Method called) {
			return this.methods.methods.get(Signature.of(called));
		}

	}

	/**
	 * What identifies a method within a class.
	 *
	 * @param name the name
	 * @param parameters the types of the parameters
	 */
	private record Signature(String name, List<Class<?>> parameters) {

		static Signature of(Method method) {
			return new Signature(method.getName(), List.of(method.getParameterTypes()));
		}

	}

}
