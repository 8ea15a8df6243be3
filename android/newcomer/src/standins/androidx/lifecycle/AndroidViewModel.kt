package androidx.lifecycle

import android.app.Application

/** The part of AndroidX's class that docs/ uses. */
open class AndroidViewModel(private val application: Application) : ViewModel() {
    @Suppress("UNCHECKED_CAST")
    open fun <T : Application> getApplication(): T = application as T
}
