// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.benchmarks;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * An application that migrates and ends.
 */
@SpringBootApplication(proxyBeanMethods = false)
public class MeasuredApplication {

	private static final String CHANGE_LOG = "spring.liquibase.change-log";

	public static void main(String[] arguments) {
		SpringApplication.run(MeasuredApplication.class, arguments).close();
	}

	/**
	 * Begin to describe a process in which Lockkeeper is on the class path, or not.
	 */
	static JavaProcess.Builder process(boolean governed, TestDatabase database, Path changeLog) {
		String name = MeasuredApplication.class.getName();
		return (governed ? JavaProcess.ofMainClass(name)
				: JavaProcess.ofMainClassWithout(name, "lockkeeper-spring-boot"))
			.database(database)
			.arguments("--" + CHANGE_LOG + "=file:" + changeLog);
	}

	/**
	 * Migrate in this JVM.
	 */
	static void run(String url, Path changeLog, Map<String, Object> settings) {
		SpringApplication application = new SpringApplication(MeasuredApplication.class);
		Map<String, Object> properties = new HashMap<>(settings);
		properties.putAll(Map.of("spring.datasource.url", url, CHANGE_LOG, "file:" + changeLog,
				"spring.main.banner-mode", "off", "logging.level.root", "off"));
		application.setDefaultProperties(properties);
		application.setRegisterShutdownHook(false);
		application.run().close();
	}

}
