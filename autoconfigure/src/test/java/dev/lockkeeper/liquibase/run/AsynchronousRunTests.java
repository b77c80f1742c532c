// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.run;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

import javax.sql.DataSource;

import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.migration.RunControl.StopReason;
import liquibase.integration.spring.SpringLiquibase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class AsynchronousRunTests {

	private static final Duration LONG = Duration.ofMinutes(1);

	private final Connection original = mock(Connection.class);

	private final Connection governed = mock(Connection.class);

	private final RunControl control = new RunControl();

	private final Bean bean = new Bean();

	@Test
	void aRunOnTheCallingThreadIsNotWaitedFor() {
		AsynchronousRun run = run(true);
		assertThat(run.await(LONG, this.control)).isTrue();
		assertThat(run.isElsewhere()).isFalse();
	}

	@Test
	void aRunOnAnotherThreadIsWaitedForAlthoughItLeavesItsConnectionOpen() throws Exception {
		AsynchronousRun run = run(false);
		CountDownLatch connected = new CountDownLatch(1);
		CountDownLatch end = new CountDownLatch(1);
		Thread thread = new Thread(() -> this.bean.use(run, connected, end));
		thread.start();
		connected.await();
		Thread ending = new Thread(end::countDown);
		ending.start();
		assertThat(run.await(LONG, this.control)).isTrue();
		assertThat(end.getCount()).isZero();
		assertThat(this.bean.got.get()).isSameAs(this.governed);
		thread.join();
	}

	@Test
	void aRunThatDoesNotBeginIsRefusedLater(CapturedOutput output) throws Exception {
		AsynchronousRun run = run(false);
		assertThat(run.await(Duration.ofMillis(100), this.control)).isFalse();
		assertThat(output).contains("the run has not begun within 100ms (bean bean");
		run.leave();
		Thread thread = new Thread(() -> this.bean.use(run, new CountDownLatch(1), new CountDownLatch(0)));
		thread.start();
		thread.join();
		assertThat(this.bean.failure.get()).hasMessageContaining("Bean bean began its run after");
	}

	@Test
	void aRunThatIsStillOpeningItsConnectionIsWaitedFor() throws Exception {
		CountDownLatch opened = new CountDownLatch(1);
		DataSource slow = mock(DataSource.class);
		given(slow.getConnection()).willAnswer((invocation) -> {
			opened.await();
			return this.governed;
		});
		AsynchronousRun run = run(false, slow, Duration.ofMillis(100));
		CountDownLatch end = new CountDownLatch(1);
		Thread thread = new Thread(() -> this.bean.use(run, new CountDownLatch(1), end));
		thread.start();
		CompletableFuture<Boolean> waiting = CompletableFuture.supplyAsync(() -> run.await(LONG, this.control));
		assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> waiting.get(1, TimeUnit.SECONDS));
		opened.countDown();
		end.countDown();
		assertThat(waiting).succeedsWithin(LONG);
		assertThat(this.bean.got.get()).isSameAs(this.governed);
	}

	@Test
	void otherCodeGetsItsOwnConnections() throws Exception {
		AsynchronousRun run = run(false);
		AtomicReference<@Nullable Connection> got = new AtomicReference<>();
		Thread thread = new Thread(() -> {
			try {
				got.set(run.getConnection());
			}
			catch (SQLException ex) {
				throw new IllegalStateException(ex);
			}
		});
		thread.start();
		thread.join();
		assertThat(got.get()).isSameAs(this.original);
		assertThat(run.isElsewhere()).isFalse();
		run.leave();
		assertThat(run.getConnection()).isSameAs(this.original);
	}

	@Test
	void aRunThatIsToStopIsNotWaitedForToBegin() {
		this.control.stop(StopReason.TERMINATED);
		assertThat(run(false).await(LONG, this.control)).isFalse();
	}

	private AsynchronousRun run(boolean begun) {
		try {
			DataSource connections = mock(DataSource.class);
			given(connections.getConnection()).willReturn(this.governed);
			return run(begun, connections, Duration.ofSeconds(5));
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private AsynchronousRun run(boolean begun, DataSource connections, Duration idle) {
		try {
			DataSource own = mock(DataSource.class);
			given(own.getConnection()).willReturn(this.original);
			this.bean.setDataSource(own);
			GovernedRun run = new GovernedRun("me", this.control, new LiquibaseActivity(), Set.of(),
					new ForeignLocks(LONG, null));
			return new AsynchronousRun("bean", this.bean, () -> begun, connections, run, idle);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * A bean that connects.
	 */
	static class Bean extends SpringLiquibase {

		private final AtomicReference<@Nullable Connection> got = new AtomicReference<>();

		private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

		void use(DataSource dataSource, CountDownLatch connected, CountDownLatch end) {
			try {
				this.got.set(dataSource.getConnection());
				connected.countDown();
				end.await();
			}
			catch (Exception ex) {
				this.failure.set(ex);
			}
		}

	}

}
