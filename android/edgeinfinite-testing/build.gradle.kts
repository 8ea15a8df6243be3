plugins {
    alias(libs.plugins.android.library) // brings Kotlin with it
    alias(libs.plugins.dokka)
    alias(libs.plugins.maven.publish) // gradle.properties tells it what the POM says
}

version = libs.versions.edgeinfinite.get()

android {
    namespace = "dev.edgeinfinite.testing"
    compileSdk = 36

    defaultConfig {
        minSdk = 26
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }
}

kotlin {
    explicitApi()
    compilerOptions {
        jvmDefault = org.jetbrains.kotlin.gradle.dsl.JvmDefaultMode.NO_COMPATIBILITY
        languageVersion = org.jetbrains.kotlin.gradle.dsl.KotlinVersion.KOTLIN_2_2
        apiVersion = org.jetbrains.kotlin.gradle.dsl.KotlinVersion.KOTLIN_2_2
        allWarningsAsErrors = true
    }
}

dependencies {
    api(project(":edgeinfinite"))
}
