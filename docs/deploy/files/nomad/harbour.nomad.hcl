variable "release" {
  description = "Where the jar of the release is, as an artifact source"
  type        = string
}

job "harbour" {
  type = "service"

  group "harbour" {
    count = 2

    update {
      # The first allocation of a release runs beside the old ones, and they go on when it fails
      canary       = 1
      auto_promote = true
      auto_revert  = true
      max_parallel = 1
      health_check = "checks"
      # Both begin with the allocation, so they have to outlast the migration and its tries
      healthy_deadline  = "40m"
      progress_deadline = "45m"
    }

    network {
      port "http" {}
    }

    service {
      name     = "harbour"
      port     = "http"
      provider = "nomad"

      check {
        type     = "http"
        path     = "/actuator/health/readiness"
        interval = "5s"
        timeout  = "3s"
      }
    }

    # Migrates the schema; the application starts when it has succeeded
    task "migration" {
      driver = "java"

      lifecycle {
        hook = "prestart"
      }

      config {
        jar_path = "local/application.jar"
        args     = ["--migrate-only", "--lockkeeper.max-duration=10m", "--lockkeeper.shutdown-grace=10s"]
      }

      artifact {
        source      = var.release
        destination = "local/application.jar"
        mode        = "file"
      }

      template {
        data        = <<-EOF
          {{ with nomadVar "nomad/jobs/harbour" }}
          SPRING_DATASOURCE_URL={{ .url }}
          SPRING_DATASOURCE_USERNAME={{ .username }}
          SPRING_DATASOURCE_PASSWORD={{ .password }}
          {{ end }}
        EOF
        destination = "secrets/database.env"
        env         = true
      }

      # Nomad does not look at the code: it starts the task again twice, whatever the code was
      restart {
        attempts = 2
        delay    = "10s"
        interval = "40m"
        mode     = "fail"
      }

      # Nomad's clients allow at most 30 seconds (max_kill_timeout): longer than twice the grace of a running change set
      kill_timeout = "30s"

      resources {
        memory = 512
      }
    }

    # Serves, and never migrates
    task "application" {
      driver = "java"

      config {
        jar_path = "local/application.jar"
      }

      env {
        SERVER_PORT                   = "${NOMAD_PORT_http}"
        LOCKKEEPER_DEFER_WAIT_TIMEOUT = "2m"
      }

      artifact {
        source      = var.release
        destination = "local/application.jar"
        mode        = "file"
      }

      template {
        data        = <<-EOF
          {{ with nomadVar "nomad/jobs/harbour" }}
          SPRING_DATASOURCE_URL={{ .url }}
          SPRING_DATASOURCE_USERNAME={{ .username }}
          SPRING_DATASOURCE_PASSWORD={{ .password }}
          {{ end }}
        EOF
        destination = "secrets/database.env"
        env         = true
      }

      kill_timeout = "30s"

      resources {
        memory = 512
      }
    }
  }
}
