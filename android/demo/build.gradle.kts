plugins {
    alias(libs.plugins.android.application) // brings Kotlin with it
}

android {
    namespace = "dev.edgeinfinite.demo"
    compileSdk = 36

    defaultConfig {
        minSdk = 26
        targetSdk = 36
        versionCode = 1
        versionName = libs.versions.edgeinfinite.get()
        testInstrumentationRunner = "androidx.test.runner.AndroidJUnitRunner"
    }

    buildTypes {
        release {
            isMinifyEnabled = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"), "minified.pro")
        }
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }

    sourceSets.named("main") {
        assets.directories.add("../../models") // of these, the app takes models/demo
    }

    for (tests in listOf("test", "androidTest")) {
        sourceSets.named(tests) {
            kotlin.directories.add("src/smoke/kotlin")
        }
    }

    androidResources {
        ignoreAssetsPattern = "!finder:!generator:!reader:!tiny:!tiny-copy:!tiny-half:!tiny-reader:!README.md"
    }

    packaging {
        jniLibs.excludes.add("**/libonnxruntime4j_jni.so") // ONNX Runtime's own Java, which is not used
    }
}

kotlin {
    compilerOptions {
        allWarningsAsErrors = true
    }
}

dependencies {
    implementation(project(":edgeinfinite"))
    implementation(libs.coroutines.android)

    testImplementation(project(":edgeinfinite-testing"))
    testImplementation(libs.coroutines.test)
    testImplementation(libs.junit4)
    testImplementation(libs.robolectric)

    androidTestImplementation(libs.androidx.test.runner)
    androidTestImplementation(libs.junit4)
}
