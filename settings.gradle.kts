pluginManagement {
    repositories {
        google()
        mavenCentral()
        gradlePluginPortal()
    }
}

dependencyResolutionManagement {
    repositoriesMode = RepositoriesMode.FAIL_ON_PROJECT_REPOS
    repositories {
        google()
        mavenCentral()
    }
}

rootProject.name = "edgeinfinite"

for (module in listOf("edgeinfinite", "edgeinfinite-testing", "demo")) {
    include(":$module")
    project(":$module").projectDir = file("android/$module")
}
