// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.app;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.WebResourceRoot;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.startup.ContextConfig;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.startup.Tomcat.FixContextListener;
import org.apache.catalina.webresources.DirResourceSet;
import org.apache.catalina.webresources.FileResourceSet;
import org.apache.catalina.webresources.StandardRoot;
import org.apache.tomcat.util.scan.StandardJarScanner;

/**
 * A Tomcat with two applications: one that says it is alive, and a WAR made of a class
 * path. Like the deployer of a standalone Tomcat it survives a WAR that does not start.
 */
public final class TomcatWithTwo {

	public static final String LISTENS = "Tomcat listens on ";

	public static final String DEPLOYED = "The WAR was deployed: ";

	private TomcatWithTwo() {
	}

	/**
	 * Start.
	 * @param arguments a folder for the files of Tomcat, and the class path of the WAR
	 */
	public static void main(String[] arguments) throws LifecycleException, IOException {
		Tomcat tomcat = new Tomcat();
		tomcat.setBaseDir(arguments[0]);
		tomcat.setPort(0);
		tomcat.getConnector();
		Context other = tomcat.addContext("/other", null);
		Tomcat.addServlet(other, "alive", new Alive());
		other.addServletMappingDecoded("/", "alive");
		tomcat.start();
		System.out.println(LISTENS + tomcat.getConnector().getLocalPort());
		Context war = war(Path.of(arguments[0]), arguments[1].split(File.pathSeparator));
		try {
			tomcat.getHost().addChild(war);
		}
		catch (RuntimeException ex) {
			System.out.println(ex);
		}
		System.out.println(DEPLOYED + war.getState());
		tomcat.getServer().await();
	}

	private static Context war(Path folder, String[] classPath) throws IOException {
		StandardContext war = new StandardContext();
		war.setPath("/war");
		war.setName("/war");
		war.setDocBase(Files.createDirectories(folder.resolve("war")).toString());
		war.addLifecycleListener(new FixContextListener());
		war.addLifecycleListener(new ContextConfig());
		StandardJarScanner scanner = new StandardJarScanner();
		scanner.setScanClassPath(false);
		war.setJarScanner(scanner);
		WebResourceRoot resources = new StandardRoot(war);
		for (String entry : classPath) {
			File file = new File(entry);
			if (file.isDirectory()) {
				resources.addPreResources(new DirResourceSet(resources, "/WEB-INF/classes", entry, "/"));
			}
			else if (!file.getName().startsWith("tomcat-embed")) {
				resources.addPreResources(new FileResourceSet(resources, "/WEB-INF/lib/" + file.getName(), entry, "/"));
			}
		}
		war.setResources(resources);
		return war;
	}

	/**
	 * Says that the process is alive.
	 */
	private static final class Alive extends HttpServlet {

		private static final long serialVersionUID = 1L;

		@Override
		protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
			response.getWriter().print("alive");
		}

	}

}
