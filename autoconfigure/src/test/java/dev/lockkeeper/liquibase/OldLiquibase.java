// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;

import javax.sql.DataSource;

import dev.lockkeeper.testsupport.TestDatabase;

import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.core.io.ResourceLoader;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An older release of Liquibase, as the build has fetched it from Maven Central. It runs
 * in this JVM, from its own jar: everything else it shares with the tests.
 */
final class OldLiquibase {

	private static final Path JARS = Path.of("target", "old-liquibase");

	/**
	 * What Java had when Liquibase 3 and 4 were written.
	 */
	private static final Path JAXB = JARS.resolve("jaxb-api-2.3.1.jar");

	private static final List<String> OWN_CLASSES = List.of("liquibase.", "org.liquibase.");

	private static final List<String> OWN_RESOURCES = List.of("liquibase", "www.liquibase.org",
			"META-INF/services/liquibase", "META-INF/MANIFEST.MF");

	private final Path jar;

	OldLiquibase(String version) {
		this.jar = jar(version);
	}

	/**
	 * Return the jar of a release.
	 */
	static Path jar(String version) {
		Path jar = JARS.resolve("liquibase-core-%s.jar".formatted(version));
		assertThat(jar).as("fetched by the build").isRegularFile();
		return jar;
	}

	/**
	 * Migrate as an application of that time did.
	 * @param database the database
	 * @param directory where files of the class path are found
	 * @param changeLog the location of the changelog, as Spring writes it
	 * @param parameters the parameters of the changelog
	 */
	void migrate(TestDatabase database, Path directory, String changeLog, Map<String, String> parameters) {
		Thread thread = Thread.currentThread();
		ClassLoader present = thread.getContextClassLoader();
		try (Loader loader = new Loader(this.jar, directory)) {
			thread.setContextClassLoader(loader);
			Class<?> type = loader.loadClass("liquibase.integration.spring.SpringLiquibase");
			assertThat(type.getProtectionDomain().getCodeSource().getLocation()).isEqualTo(url(this.jar));
			Object bean = type.getConstructor().newInstance();
			type.getMethod("setDataSource", DataSource.class)
				.invoke(bean, new DriverManagerDataSource(database.getUrl()));
			type.getMethod("setChangeLog", String.class).invoke(bean, changeLog);
			type.getMethod("setChangeLogParameters", Map.class).invoke(bean, parameters);
			type.getMethod("setResourceLoader", ResourceLoader.class).invoke(bean, new DefaultResourceLoader(loader));
			type.getMethod("afterPropertiesSet").invoke(bean);
		}
		catch (ReflectiveOperationException ex) {
			throw new IllegalStateException(ex);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		finally {
			thread.setContextClassLoader(present);
		}
		database.awaitNoSessions();
	}

	private static URL url(Path path) {
		try {
			return path.toUri().toURL();
		}
		catch (MalformedURLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Finds Liquibase in one jar only.
	 */
	private static final class Loader extends URLClassLoader {

		Loader(Path jar, Path directory) {
			super(new URL[] { url(jar), url(JAXB), url(directory) }, OldLiquibase.class.getClassLoader());
		}

		@Override
		protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
			if (OWN_CLASSES.stream().noneMatch(name::startsWith)) {
				return super.loadClass(name, resolve);
			}
			synchronized (getClassLoadingLock(name)) {
				Class<?> loaded = findLoadedClass(name);
				return (loaded != null) ? loaded : findClass(name);
			}
		}

		@Override
		public URL getResource(String name) {
			return isOwn(name) ? findResource(name) : super.getResource(name);
		}

		@Override
		public Enumeration<URL> getResources(String name) throws IOException {
			return isOwn(name) ? findResources(name) : super.getResources(name);
		}

		private static boolean isOwn(String name) {
			return OWN_RESOURCES.stream().anyMatch(name::startsWith);
		}

	}

}
