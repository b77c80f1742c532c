// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.time.Duration;

import org.springframework.boot.context.properties.ConfigurationProperties;

@ConfigurationProperties("lockkeeper.seeded")
record UndescribedSetting(Duration pause) {
}
