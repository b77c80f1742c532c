// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility.kotlin

import org.springframework.boot.autoconfigure.SpringBootApplication
import org.springframework.boot.runApplication

/**
 * An application in Kotlin, whose main hands its arguments on, or forgets them where the system
 * property `arguments` is `forgotten`.
 */
@SpringBootApplication(
	proxyBeanMethods = false,
	excludeName = [
		"org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration",
		"org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration",
		"org.springframework.boot.jooq.autoconfigure.JooqAutoConfiguration"]
)
class KotlinApplication

fun main(arguments: Array<String>) {
	if (System.getProperty("arguments") == "forgotten") {
		runApplication<KotlinApplication>()
	} else {
		runApplication<KotlinApplication>(*arguments)
	}
}
