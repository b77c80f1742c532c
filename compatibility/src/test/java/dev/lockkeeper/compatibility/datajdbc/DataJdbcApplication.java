// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility.datajdbc;

import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * An application with a repository of Spring Data JDBC.
 */
@SpringBootApplication(proxyBeanMethods = false)
public class DataJdbcApplication {

}
