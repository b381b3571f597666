from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from organizations import services
from organizations.models import ApiToken, Membership, Organization, Role, User


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]
    """Says beside the field what the service would refuse."""

    def clean_role(self) -> str:
        role: str = self.cleaned_data["role"]
        if not self.instance._state.adding and role != Role.OWNER:
            services.refuse_the_last_owner(self.instance)
        return role


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    """Members are added here; roles are changed, and members removed, on the membership's own page."""

    model = Membership
    autocomplete_fields = ["user"]
    extra = 0
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user", "organization")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class MembershipOfUserInline(MembershipInline):
    autocomplete_fields = ["organization"]


admin.site.site_header = admin.site.site_title = "Espalier: administration"
admin.site.index_title = "Everything there is"


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]
    list_display = ["username", "email", "first_name", "last_name", "is_staff", "is_active", "last_login"]
    inlines = [MembershipOfUserInline]

    def save_formset(self, request: HttpRequest, form: Any, formset: BaseInlineFormSet, change: bool) -> None:  # type: ignore[type-arg]
        add_members(formset, by=_staff(request))


@admin.register(Organization)
class OrganizationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "member_count", "created_at"]
    list_filter = ["created_at"]
    search_fields = ["name"]
    inlines = [MembershipInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        queryset: QuerySet[Organization] = super().get_queryset(request)
        return queryset.annotate(members_in_all=Count("memberships"))

    @admin.display(description="members", ordering="members_in_all")
    def member_count(self, organization: Any) -> int:
        count: int = organization.members_in_all
        return count

    def save_formset(self, request: HttpRequest, form: Any, formset: BaseInlineFormSet, change: bool) -> None:  # type: ignore[type-arg]
        add_members(formset, by=_staff(request))


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = MembershipForm
    list_display = ["user", "organization", "role", "created_at"]
    list_filter = ["role", "organization"]
    list_select_related = ["user", "organization"]
    search_fields = ["user__username", "user__email", "organization__name"]
    autocomplete_fields = ["user", "organization"]

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> list[str]:
        return ["user", "organization", "created_at"] if obj else ["created_at"]

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        if change:
            services.change_role(membership=obj, role=Role(obj.role), by=_staff(request))
        else:
            _add(obj, by=_staff(request))

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        services.remove_member(membership=obj, by=_staff(request))

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        """One at a time, and never the last owner."""
        if obj is None:
            return super().has_delete_permission(request)
        return super().has_delete_permission(request, obj) and not _is_last_owner(obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Users make their own; here they are only seen, and revoked by deleting them. No digest is shown."""

    list_display = ["name", "user", "organization", "hint", "is_read_only", "created_at", "last_used_at", "expires_at"]
    list_filter = ["is_read_only", "organization", "created_at", "last_used_at", "expires_at"]
    list_select_related = ["user", "organization"]
    search_fields = ["name", "hint", "user__username", "organization__name"]
    exclude = ["digest"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def add_members(formset: BaseInlineFormSet, *, by: User) -> None:  # type: ignore[type-arg]
    """What the inline's empty rows ask for."""
    for membership in formset.save(commit=False):
        _add(membership, by=by)


def _add(membership: Membership, *, by: User) -> None:
    added = services.add_member(
        organization=membership.organization, user=membership.user, role=Role(membership.role), by=by
    )
    membership.pk = added.pk


def _staff(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _is_last_owner(membership: Membership) -> bool:
    try:
        services.refuse_the_last_owner(membership)
    except ValidationError:
        return True
    return False
