// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.context.support.GenericApplicationContext;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What happens in this JVM only. That the exit code arrives is seen where processes are
 * the subject.
 */
class ExitStatusReporterTests {

	private final UsageException usage = new UsageException("No.", "Do not.");

	private final GenericApplicationContext context = new GenericApplicationContext();

	private final List<Throwable> uncaught = new ArrayList<>();

	@TempDir
	private Path directory;

	private Path file;

	@BeforeEach
	void setUp() {
		this.file = this.directory.resolve("message");
		this.context
			.setEnvironment(new MockEnvironment().withProperty(TerminationMessage.PATH_PROPERTY, this.file.toString()));
	}

	@Test
	void writesTheVerdictOfACause() {
		assertThat(new ExitStatusReporter(this.context).reportException(new IllegalStateException(this.usage)))
			.isFalse();
		assertThat(this.file).hasContent(this.usage.toVerdict().toJson());
	}

	@Test
	void writesNothingOfAForeignFailure() {
		assertThat(new ExitStatusReporter(this.context).reportException(new IllegalStateException())).isFalse();
		assertThat(this.file).doesNotExist();
	}

	@Test
	void leavesTheVerdictOfATerminatedProcessToItsWatch() {
		assertThat(new ExitStatusReporter(this.context).reportException(new TerminatedException("Asked to end.")))
			.isFalse();
		assertThat(this.file).doesNotExist();
	}

	@Test
	void copesWithAStartThatFailedBeforeThereWasAContext() {
		assertThat(new ExitStatusReporter(null).reportException(this.usage)).isFalse();
		assertThat(Files.exists(this.file)).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "main", "restartedMain" })
	void givesTheMainThreadAHandlerThatLeavesForeignExceptionsAsTheyWere(String name) throws InterruptedException {
		Thread.UncaughtExceptionHandler handler = Objects
			.requireNonNull(handlerAfterReporting(this.usage, mainGroup(), name));
		IllegalStateException foreign = new IllegalStateException();
		assertThat(handler.getClass().getPackageName()).isEqualTo(ExitStatusReporter.class.getPackageName());
		handler.uncaughtException(Thread.currentThread(), foreign);
		assertThat(this.uncaught).containsExactly(foreign);
	}

	@ParameterizedTest
	@CsvSource({ "main, harbour", "worker, main", "worker, harbour" })
	void noOtherThreadEndsTheProcess(String name, String group) throws InterruptedException {
		ThreadGroup threads = "main".equals(group) ? mainGroup() : new ThreadGroup(mainGroup(), group);
		assertThat(handlerAfterReporting(this.usage, threads, name)).isNull();
	}

	@Test
	void aForeignFailureOfTheMainThreadEndsAsEver() throws InterruptedException {
		assertThat(handlerAfterReporting(new IllegalStateException(), mainGroup(), "main")).isNull();
	}

	/**
	 * Report a failure on a thread, and return the handler that it got by that.
	 */
	private Thread.@Nullable UncaughtExceptionHandler handlerAfterReporting(Throwable failure, ThreadGroup group,
			String name) throws InterruptedException {
		Thread.UncaughtExceptionHandler before = (thread, ex) -> this.uncaught.add(ex);
		AtomicReference<Thread.@Nullable UncaughtExceptionHandler> after = new AtomicReference<>();
		Thread thread = new Thread(group, () -> {
			new ExitStatusReporter(null).reportException(failure);
			after.set(Thread.currentThread().getUncaughtExceptionHandler());
		}, name);
		thread.setUncaughtExceptionHandler(before);
		thread.start();
		thread.join();
		return (after.get() != before) ? after.get() : null;
	}

	private static ThreadGroup mainGroup() {
		ThreadGroup group = Objects.requireNonNull(Thread.currentThread().getThreadGroup());
		while (!"main".equals(group.getName())) {
			group = Objects.requireNonNull(group.getParent());
		}
		return group;
	}

}
